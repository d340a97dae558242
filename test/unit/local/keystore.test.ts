// Wallet files of this and of other programs: read as published, refused fast when hostile, and never overwritten.

import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as Keystore from 'ox/Keystore'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { listAccounts, openAccount, walletFileOf } from '../../../src/local/accounts.ts'
import { readWalletFile, writeWalletFile } from '../../../src/local/keystore.ts'
import { placesOf } from '../../../src/local/places.ts'
import { useFolders } from '../../support/folder.ts'
import { failure } from '../../support/studio.ts'

const makeFolder = useFolders()

/** "Web3 Secret Storage Definition", ethereum.org: its two test vectors. */
const vectors = {
  pbkdf2: {
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
      ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
      kdf: 'pbkdf2',
      kdfparams: {
        c: 262144,
        dklen: 32,
        prf: 'hmac-sha256',
        salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
      },
      mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
    },
    id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
    version: 3,
  },
  scrypt: {
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
      ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
      kdf: 'scrypt',
      kdfparams: {
        dklen: 32,
        n: 262144,
        p: 8,
        r: 1,
        salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
      },
      mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
    },
    id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
    version: 3,
  },
}
const vectorKey = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d'

async function file(content: unknown, name = 'key.json'): Promise<string> {
  const path = join(await makeFolder(), name)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** `vectors.scrypt` with some of its parameters changed. */
const changed = (kdfparams: object, crypto: object = {}) => ({
  ...vectors.scrypt,
  crypto: {
    ...vectors.scrypt.crypto,
    ...crypto,
    kdfparams: { ...vectors.scrypt.crypto.kdfparams, ...kdfparams },
  },
})

describe('the published test vectors', () => {
  it.each(['pbkdf2', 'scrypt'] as const)('%s decrypts to the right key', async (kdf) => {
    const wallet = await readWalletFile(await file(vectors[kdf]))
    expect(wallet.address).toBeUndefined()
    expect(await wallet.decrypt('testpassword')).toBe(vectorKey)
  })

  it('decrypt with Crypto in capitals, as some programs write it', async () => {
    const { crypto, ...rest } = vectors.pbkdf2
    const wallet = await readWalletFile(await file({ ...rest, Crypto: crypto }))
    expect(await wallet.decrypt('testpassword')).toBe(vectorKey)
  })

  it('do not decrypt with another password, and the error has neither', async () => {
    const wallet = await readWalletFile(await file(vectors.pbkdf2))
    const error = await failure(wallet.decrypt('hunter2hunter2'))
    expect(error).toMatchObject({ name: 'WalletError', code: 'wallet_failed' })
    expect(JSON.stringify(error) + String(error)).not.toMatch(/hunter2|7a28b5ba/)
  })
})

describe('a file that is no wallet, or a hostile one,', () => {
  const foreign: [string, unknown][] = [
    ['is empty', ''],
    ['is not JSON', 'hello'],
    ['is a list', []],
    ['is null', 'null'],
    ['has another version', { ...vectors.scrypt, version: 1 }],
    ['has no version', { crypto: vectors.scrypt.crypto }],
    ['has no crypto', { version: 3 }],
    ['has another cipher', changed({}, { cipher: 'aes-256-gcm' })],
    ['has another kdf', changed({}, { kdf: 'argon2id' })],
    ['has a short key', changed({}, { ciphertext: 'd172bf' })],
    ['has a mac that is none', changed({}, { mac: 'zz'.repeat(32) })],
    ['has no salt', changed({ salt: undefined })],
    ['asks for 128 TB', changed({ n: 2 ** 40 })],
    ['asks for 1 TB', changed({ n: 2 ** 30, r: 8 })],
    ['asks for a year', changed({ n: 2 ** 20, r: 8, p: 2 ** 20 })],
    ['asks for minutes', changed({ n: 2 ** 20, r: 8, p: 64 })],
    ['asks for a huge block', changed({ n: 2, r: 2 ** 40 })],
    ['has no power of two', changed({ n: 1000 })],
    ['has a negative cost', changed({ n: -8192 })],
    ['has a cost of one', changed({ n: 1 })],
    ['has a cost that is text', changed({ n: '8192' })],
    [
      'has too many rounds',
      {
        ...vectors.pbkdf2,
        crypto: { ...vectors.pbkdf2.crypto, kdfparams: { ...vectors.pbkdf2.crypto.kdfparams, c: 2 ** 40 } },
      },
    ],
    ['is larger than any wallet', `${JSON.stringify(vectors.scrypt)}${' '.repeat(100_000)}`],
  ]
  it.each(foreign)('%s: refused at once', async (_, content) => {
    const path = await file(content)
    const startedAt = performance.now()
    expect(await failure(readWalletFile(path))).toMatchObject({ name: 'WalletError', code: 'wallet_failed' })
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  it('is a folder, a device or a pipe: refused at once', async () => {
    const folder = await makeFolder()
    execFileSync('mkfifo', [join(folder, 'pipe')])
    for (const path of [folder, '/dev/zero', join(folder, 'pipe'), join(folder, 'missing')])
      expect(await failure(readWalletFile(path)), path).toMatchObject({ name: 'WalletError' })
  })

  it('names an address that is not that of its key: nothing is signed', async () => {
    const home = await makeFolder()
    const places = placesOf(join(home, 'data'))
    const path = walletFileOf(places, 'me')
    await writeWalletFile(path, generatePrivateKey(), 'a long password')
    const store = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(path, JSON.stringify({ ...store, address: '11'.repeat(20) }))
    const account = await openAccount(places, { account: 'me', env: {} }, async () => 'a long password')
    expect(await failure(account?.unlock() ?? Promise.resolve())).toMatchObject({ name: 'WalletError' })
  })
})

describe('a wallet file that is written', () => {
  it('is readable by its owner alone, has its address, and is read by ox', async () => {
    const places = placesOf(join(await makeFolder(), 'data'))
    const path = walletFileOf(places, 'me')
    const key = generatePrivateKey()
    await writeWalletFile(path, key, 'a long password')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(places.keystores)).mode & 0o777).toBe(0o700)
    const store = JSON.parse(await readFile(path, 'utf8'))
    expect(Keystore.decrypt(store, Keystore.toKey(store, { password: 'a long password' }))).toBe(key)
    expect((await readWalletFile(path)).address).toBe(privateKeyToAddress(key))
    expect(JSON.stringify(store)).not.toContain(key.slice(2, 20))
  })

  it('is never overwritten', async () => {
    const path = join(await makeFolder(), 'keys', 'me.json')
    await writeWalletFile(path, generatePrivateKey(), 'a long password')
    const before = await readFile(path, 'utf8')
    expect(await failure(writeWalletFile(path, generatePrivateKey(), 'another'))).toMatchObject({
      name: 'WalletError',
    })
    expect(await readFile(path, 'utf8')).toBe(before)
  })

  it.each(['', '.', '..', '../me', 'a/b', 'a\\b', '.me', 'x'.repeat(65), 'a b', 'ä'])(
    'cannot have %j as its name',
    async (name) => {
      expect(() => walletFileOf(placesOf('/tmp'), name)).toThrow(/cannot be the name/)
    },
  )
})

describe('the accounts of a machine', () => {
  it('are those of its folders, without a password; what is no wallet is left out', async () => {
    const home = await makeFolder()
    const places = placesOf(undefined, { env: {}, platform: 'linux', home })
    const key = generatePrivateKey()
    await writeWalletFile(walletFileOf(places, 'me'), key, 'a long password')
    await writeFile(join(places.keystores, 'notes.json'), 'not a wallet')
    await mkdir(places.foundry, { recursive: true })
    await writeFile(join(places.foundry, 'deployer'), JSON.stringify(vectors.pbkdf2))
    await chmod(places.foundry, 0o700)
    expect(await listAccounts(places)).toEqual([
      { name: 'me', address: privateKeyToAddress(key), from: 'stablestudio' },
      { name: 'deployer', address: undefined, from: 'foundry' },
    ])
    expect(places.foundry).toBe(join(home, '.foundry', 'keystores'))
  })
})

describe('the places', () => {
  it.each([
    ['linux', {}, '.local/share/stablestudio/ledger/ledger.db', '.config/stablestudio/config.json'],
    [
      'darwin',
      {},
      'Library/Application Support/stablestudio/ledger/ledger.db',
      'Library/Preferences/stablestudio/config.json',
    ],
    [
      'linux',
      { XDG_DATA_HOME: 'relative', XDG_CONFIG_HOME: '' },
      '.local/share/stablestudio/ledger/ledger.db',
      '.config/stablestudio/config.json',
    ],
  ])('on %s with %j', (platform, env, ledger, config) => {
    const places = placesOf(undefined, { env, platform, home: '/home/me' })
    expect([places.ledger, places.config]).toEqual([`/home/me/${ledger}`, `/home/me/${config}`])
  })

  it('follow XDG, and a data folder holds everything', () => {
    const env = { XDG_DATA_HOME: '/x/data', XDG_CONFIG_HOME: '/x/config' }
    const xdg = placesOf(undefined, { env, platform: 'linux', home: '/home/me' })
    expect([xdg.ledger, xdg.config]).toEqual([
      '/x/data/stablestudio/ledger/ledger.db',
      '/x/config/stablestudio/config.json',
    ])
    const apart = placesOf('/apart', { env, platform: 'linux', home: '/home/me' })
    expect([apart.ledger, apart.config, apart.keystores]).toEqual([
      '/apart/ledger/ledger.db',
      '/apart/config.json',
      '/apart/keystores',
    ])
  })
})
