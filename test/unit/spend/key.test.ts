// The key of a spend account: encrypted at rest, made once, never replaced, and shown to nobody who did not ask for it.
import { inspect } from 'node:util'
import { createSpendAccount } from 'stablestudio/browser'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it, vi } from 'vitest'
import { createDatabase, whenDone } from '../../../src/stores/database.ts'
import { freshProfile, openPage } from '../../support/spend.ts'
import { failure } from '../../support/studio.ts'

const words = { confirm: 'show the private key' } as const

/** Everything that the browser keeps, as a thief of its files could read it. */
async function stored(name = 'stablestudio'): Promise<Record<string, unknown>> {
  const transact = createDatabase(`spend-account/${name}`)
  const keys = await transact<IDBValidKey[]>('readonly', (on, resolve) => whenDone(on.getAllKeys(), resolve))
  const values = await transact<unknown[]>('readonly', (on, resolve) => whenDone(on.getAll(), resolve))
  return Object.fromEntries(keys.map((key, at) => [String(key), values[at]]))
}

function write(key: string, value: unknown): Promise<boolean> {
  return createDatabase('spend-account/stablestudio')<boolean>('readwrite', (on, resolve) => {
    on.put(value, key)
    resolve(true)
  })
}

describe('the key', () => {
  it('is the same after a reload, and another one under another name', async () => {
    freshProfile()
    const first = await createSpendAccount()
    expect((await createSpendAccount()).address).toBe(first.address)
    expect((await createSpendAccount({ name: 'other' })).address).not.toBe(first.address)
  })

  it('is one, for twenty tabs that make it at once', async () => {
    freshProfile()
    const accounts = await Promise.all(Array.from({ length: 20 }, () => createSpendAccount()))
    const keys = await Promise.all(accounts.map((account) => account.exportKey(words)))
    expect(new Set(keys).size).toBe(1)
    expect(privateKeyToAccount(keys[0] as `0x${string}`).address).toBe(accounts[0]?.address)
  })

  it('is stored only encrypted, under a key that cannot be exported', async () => {
    const page = await openPage()
    const spend = await page.open()
    await spend.deposit(page.wallet, '5')
    const secret = (await spend.exportKey(words)).slice(2)
    const kept = await stored()
    expect(Object.keys(kept)).toEqual(expect.arrayContaining(['key', 'arrived/eip155:8453']))
    const { lock, sealed, iv } = kept.key as { lock: CryptoKey; sealed: ArrayBuffer; iv: Uint8Array }
    expect(lock.extractable).toBe(false)
    await expect(crypto.subtle.exportKey('raw', lock)).rejects.toThrow()
    const bytes = Buffer.concat([Buffer.from(sealed), Buffer.from(iv)]).toString('hex')
    expect(`${bytes} ${inspect(kept, { depth: 9 })}`).not.toContain(secret.slice(0, 16))
  })

  it('is in nothing that can be printed, and needs the exact words', async () => {
    freshProfile()
    const spend = await createSpendAccount()
    const secret = await spend.exportKey(words)
    const shown = [
      inspect(spend, { depth: 9, showHidden: true }),
      JSON.stringify(spend),
      String(Object.values(spend)),
    ]
    for (const confirm of [undefined, true, 'yes', '']) {
      const error = await failure(spend.exportKey({ confirm } as never))
      expect(error).toMatchObject({ name: 'InvalidInputError' })
      shown.push(inspect(error, { depth: 9 }))
    }
    shown.push(inspect(await failure(spend.signMessage({ message: secret }))))
    for (const text of shown) expect(text).not.toContain(secret.slice(2, 18))
  })

  it.each([
    ['the wrong shape', { lock: 1 }],
    ['no record of ours', 'text'],
  ])('is never replaced when it cannot be read: %s', async (_, damaged) => {
    freshProfile()
    await createSpendAccount()
    await write('key', damaged)
    expect(await failure(createSpendAccount())).toMatchObject({ name: 'StoreError', code: 'store_corrupt' })
    expect((await stored()).key).toEqual(damaged)
  })

  it('is never replaced when its bytes are damaged', async () => {
    freshProfile()
    await createSpendAccount()
    const kept = (await stored()).key as object
    await write('key', { ...kept, sealed: new ArrayBuffer(48) })
    expect(await failure(createSpendAccount())).toMatchObject({ code: 'store_corrupt', payment: 'none' })
    expect((await stored()).key).toMatchObject({ sealed: new ArrayBuffer(48) })
  })
})

describe('a browser', () => {
  it('without storage says so, and makes no account', async () => {
    vi.stubGlobal('indexedDB', undefined)
    const error = await failure(createSpendAccount())
    expect(error).toMatchObject({ name: 'StoreError', code: 'store_failed', payment: 'none' })
    expect(String((error as Error).message)).toMatch(/Private windows/)
  })

  it('whose storage throws, as private windows of some do, says so', async () => {
    vi.stubGlobal('indexedDB', {
      open() {
        throw new DOMException('The operation is insecure.', 'SecurityError')
      },
    })
    expect(await failure(createSpendAccount())).toMatchObject({ name: 'StoreError', code: 'store_failed' })
  })

  it('without WebCrypto says that it takes https', async () => {
    freshProfile()
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) })
    const error = await failure(createSpendAccount())
    expect(error).toMatchObject({ name: 'WalletError', code: 'wallet_not_supported' })
    expect(String((error as Error).message)).toMatch(/https/)
  })

  it('that was wiped while the page is open gets no deposit, and gives back what it has', async () => {
    const page = await openPage()
    const spend = await page.open()
    await spend.deposit(page.wallet, '5')
    // Clearing site data deletes the databases.
    await new Promise((resolve, reject) => {
      const wiped = indexedDB.deleteDatabase('spend-account/stablestudio')
      Object.assign(wiped, { onsuccess: resolve, onerror: reject })
    })
    const error = await failure(spend.deposit(page.wallet, '1'))
    expect(error).toMatchObject({ name: 'StoreError', payment: 'none' })
    expect(String((error as Error).message)).toMatch(/withdraw what the account holds before you close it/)
    expect(page.prompts()).toHaveLength(1)
    await spend.withdraw(page.wallet, 'all')
    expect(page.sandbox.balance(page.owner.address)).toBe('20.00')
  })

  it('lists every wrong option', async () => {
    freshProfile()
    const wrong = {
      name: '',
      network: 'eip155:1',
      rpc: 'ftp://x',
      origin: 'https://a/b',
      payees: [],
      maxBalance: 5,
    }
    const error = (await failure(createSpendAccount({ ...wrong, nam: 'x' } as never))) as {
      issues: { path: string }[]
    }
    expect(error).toMatchObject({ name: 'InvalidInputError', code: 'invalid_config' })
    expect(error.issues.map(({ path }) => path).sort()).toEqual([...Object.keys(wrong), 'nam'].sort())
  })
})
