// Wallets from the command: made, taken over, found by name, and never told to anybody.
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as Keystore from 'ox/Keystore'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { jsonOf, type Machine, useCommand } from '../support/command.ts'

const machine = useCommand()
const password = 'correct horse battery'
/** No key in the environment, and a password. */
const locked = { STABLESTUDIO_PRIVATE_KEY: undefined, STABLESTUDIO_PASSWORD: password }
const image = ['image', 'a cat', '-m', 'grok', '--yes', '--no-wait']

/** As `cast wallet new` writes it: without an address. */
function castFile(key: `0x${string}`): string {
  const [derived, options] = Keystore.scrypt({ password, n: 8192, r: 8, p: 1 })
  return JSON.stringify(Keystore.encrypt(key, derived, options))
}

async function withCast(one: Machine): Promise<void> {
  const folder = join(one.home, '.foundry', 'keystores')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'deployer'), castFile(one.key))
}

describe.concurrent('wallet', () => {
  it('new makes a file that only its owner reads, and its address needs no password', async () => {
    const one = await machine()
    const made = await one.run(['wallet', 'new', 'me'], { env: locked })
    expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^0x[0-9a-fA-F]{40}\n$/)])
    const path = join(one.data, 'keystores', 'me.json')
    expect([(await stat(path)).mode & 0o777, (await stat(join(one.data, 'keystores'))).mode & 0o777]).toEqual(
      [0o600, 0o700],
    )
    const env = { ...locked, STABLESTUDIO_PASSWORD: undefined }
    for (const args of [['wallet', 'address'], ['wallet', 'address', '--account', 'me'], ['fund']])
      expect((await one.run(args, { env })).stdout).toBe(made.stdout)
    expect((await one.run(['wallet', 'list'], { env })).stdout).toContain(made.stdout.trim())
    const qr = await one.run(['fund', '--qr'], { env })
    expect(qr.stderr).toMatch(/[▀▄█]{5}[\s\S]*USDC on Base/)
  })

  it('new never overwrites, whatever is there', async () => {
    const one = await machine()
    await one.run(['wallet', 'new', 'me'], { env: locked })
    const path = join(one.data, 'keystores', 'me.json')
    for (const content of [await readFile(path, 'utf8'), 'not a wallet', '']) {
      await writeFile(path, content)
      expect([2, 3]).toContain((await one.run(['wallet', 'new', 'me'], { env: locked })).code)
      expect([2, 3]).toContain(
        (await one.run(['wallet', 'import', 'me', '-'], { env: locked, input: one.key })).code,
      )
      expect(await readFile(path, 'utf8')).toBe(content)
    }
  })

  it('import takes a key from stdin or a file, with and without 0x, and a wallet file', async () => {
    const one = await machine()
    await writeFile(join(one.work, 'key.txt'), `${one.key.slice(2)}\n`)
    await writeFile(join(one.work, 'cast.json'), castFile(one.key))
    const ways: [string[], string?][] = [
      [['wallet', 'import', 'a', '-'], one.key],
      [['wallet', 'import', 'b', '-'], `  ${one.key.slice(2)}\r\n`],
      [['wallet', 'import', 'c', 'key.txt']],
      [['wallet', 'import', 'd', 'cast.json']],
    ]
    for (const [args, input] of ways) {
      const { code, stdout, stderr } = await one.run(args, { env: locked, ...(input && { input }) })
      expect([args, code, stdout]).toEqual([args, 0, `${one.address}\n`])
      expect(stdout + stderr).not.toContain(one.key.slice(2, 20))
    }
    expect((await one.run(image, { env: { ...locked, STABLESTUDIO_ACCOUNT: 'd' } })).code).toBe(0)
  })

  it('import refuses what is no key, without repeating it', async () => {
    const one = await machine()
    const texts = [
      '',
      'hello',
      '0x',
      '0x12',
      `${one.key}00`,
      '00'.repeat(32),
      'ff'.repeat(32),
      `${one.key.slice(0, -1)}g`,
    ]
    for (const input of texts) {
      const { code, stderr, stdout } = await one.run(['wallet', 'import', 'me', '-'], { env: locked, input })
      expect([input, code, stdout]).toEqual([input, 3, ''])
      if (input.length > 20) expect(stderr).not.toContain(input.slice(0, 20))
    }
    expect(await readdir(join(one.data, 'keystores')).catch(() => [])).toEqual([])
  })

  it.each(['../me', 'a/b', '.', '', '-x'])('refuses the name %j', async (name) => {
    const one = await machine()
    expect([2, 3]).toContain((await one.run(['wallet', 'new', name], { env: locked })).code)
    expect(await readdir(join(one.data, 'keystores')).catch(() => [])).toEqual([])
  })
})

describe.concurrent('paying', () => {
  it('with a wallet of Foundry needs its name and its password', async () => {
    const one = await machine()
    await withCast(one)
    const env = { ...locked, STABLESTUDIO_ACCOUNT: 'deployer' }
    expect((await one.run(image, { env })).code).toBe(0)
    expect((await one.run([...image, '--account', 'deployer'], { env: locked })).code).toBe(0)
    // One that nobody has named is not taken.
    expect((await one.run(image, { env: locked })).code).toBe(3)
    expect(one.settlements()).toBe(2)
  })

  it('with a wrong password, none, or an empty file of it signs nothing', async () => {
    const one = await machine()
    await one.run(['wallet', 'import', 'me', '-'], { env: locked, input: one.key })
    await writeFile(join(one.work, 'empty'), '\n')
    await writeFile(join(one.work, 'password'), `${password}\n`)
    const wrong = [
      { STABLESTUDIO_PASSWORD: 'wrong password' },
      { STABLESTUDIO_PASSWORD: undefined },
      { STABLESTUDIO_PASSWORD_FILE: join(one.work, 'empty') },
      { STABLESTUDIO_PASSWORD_FILE: join(one.work, 'missing') },
    ]
    for (const env of wrong) {
      const { code, stderr } = await one.run([...image, '--json'], { env: { ...locked, ...env } })
      expect([env, code]).toEqual([env, 3])
      expect(stderr).not.toMatch(/wrong password/)
    }
    expect(one.settlements()).toBe(0)
    const env = {
      ...locked,
      STABLESTUDIO_PASSWORD: 'wrong',
      STABLESTUDIO_PASSWORD_FILE: join(one.work, 'password'),
    }
    expect((await one.run(image, { env })).code).toBe(0)
  })

  it('with a file that is damaged or foreign signs nothing', async () => {
    const one = await machine()
    await writeFile(join(one.work, 'key.json'), castFile(one.key).replace('aes-128-ctr', 'rot13'))
    for (const keystore of ['key.json', 'missing.json', '.', '/dev/zero']) {
      const { code } = await one.run([...image, '--keystore', keystore], { env: locked })
      expect([keystore, code]).toEqual([keystore, 3])
    }
    await writeFile(join(one.work, 'good.json'), castFile(one.key))
    expect((await one.run([...image, '--keystore', 'good.json'], { env: locked })).code).toBe(0)
    expect(one.settlements()).toBe(1)
  })

  it('with an unknown account is refused with what is meant', async () => {
    const one = await machine()
    await one.run(['wallet', 'new', 'agent'], { env: locked })
    const { code, stderr } = await one.run([...image, '--account', 'agnet'], { env: locked })
    expect([code, stderr]).toEqual([3, expect.stringContaining('agent')])
    await one.run(['wallet', 'new', 'other'], { env: locked })
    const two = await one.run(image, { env: locked })
    expect([two.code, two.stderr]).toEqual([3, expect.stringMatching(/agent, other[\s\S]*--account/)])
  })

  it('never takes the PRIVATE_KEY of another program', async () => {
    const one = await machine()
    const env = {
      STABLESTUDIO_PRIVATE_KEY: undefined,
      PRIVATE_KEY: one.key,
      ETH_PRIVATE_KEY: one.key,
      WALLET_KEY: one.key,
    }
    const { code, stderr } = await one.run(image, { env })
    expect([code, stderr, one.settlements()]).toEqual([3, expect.stringContaining('wallet new'), 0])
  })

  it('takes the flag over the environment, and that over the settings', async () => {
    const one = await machine()
    const [flag, env, config] = [generatePrivateKey(), generatePrivateKey(), generatePrivateKey()]
    for (const [name, key] of Object.entries({ flag, env, config }))
      await one.run(['wallet', 'import', name, '-'], { env: locked, input: key })
    await writeFile(join(one.data, 'config.json'), '{"account":"config"}')
    const address = async (args: string[], more = {}) =>
      (await one.run(['wallet', 'address', ...args], { env: { ...locked, ...more } })).stdout.trim()
    expect(await address([])).toBe(privateKeyToAddress(config))
    expect(await address([], { STABLESTUDIO_PRIVATE_KEY: one.key })).toBe(one.address)
    expect(await address([], { STABLESTUDIO_ACCOUNT: 'env', STABLESTUDIO_PRIVATE_KEY: one.key })).toBe(
      privateKeyToAddress(env),
    )
    expect(await address(['--account', 'flag'], { STABLESTUDIO_ACCOUNT: 'env' })).toBe(
      privateKeyToAddress(flag),
    )
  })
})

describe.concurrent('what needs no wallet', () => {
  it('works without one, and with a locked or damaged one', async () => {
    const one = await machine()
    await withCast(one)
    const wallets = [
      { STABLESTUDIO_PRIVATE_KEY: undefined },
      { STABLESTUDIO_PRIVATE_KEY: undefined, STABLESTUDIO_ACCOUNT: 'deployer' },
      { STABLESTUDIO_PRIVATE_KEY: 'nonsense' },
    ]
    for (const env of wallets)
      for (const args of [
        ['price', 'image', 'a cat', '-m', 'grok'],
        ['models'],
        ['payments'],
        ['limits'],
        ['wallet', 'list'],
      ])
        expect([args, (await one.run(args, { env })).code]).toEqual([args, 0])
  })
})

describe.concurrent('balance', () => {
  it('is what the chain says, and never zero when nobody knows', async () => {
    const one = await machine({ usd: '12.34' })
    const known = await one.run(['balance', '--rpc', `${one.url}/rpc`])
    expect([known.code, known.stdout]).toEqual([0, '$12.34 USDC on Base\n'])
    expect(jsonOf(await one.run(['balance', '--rpc', `${one.url}/rpc`, '--json']))).toMatchObject([
      { usd: '12.34' },
    ])
    for (const rpc of ['http://127.0.0.1:9', `${one.url}/api/nothing`, `${one.url}/rpc/tempo`]) {
      const { code, stdout } = await one.run(['balance', '--rpc', rpc])
      expect([rpc, code, stdout]).toEqual([rpc, 4, ''])
    }
  })

  it.each([
    ['nonsense', '{"jsonrpc":"2.0","id":1,"result":"0xzz"}'],
    ['an empty result', '{"jsonrpc":"2.0","id":1,"result":"0x"}'],
    ['an error', '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no"}}'],
    ['a page', '<html>hello</html>'],
    ['nothing', ''],
    ['more than there is', `{"jsonrpc":"2.0","id":1,"result":"0x${'f'.repeat(64)}"}`],
  ])('of an RPC that answers with %s is not known', async (_, answer) => {
    const { createServer } = await import('node:http')
    const server = createServer((_request, response) => response.end(answer)).listen(0, '127.0.0.1')
    try {
      await new Promise((resolve) => server.once('listening', resolve))
      const { port } = server.address() as { port: number }
      const { code, stdout } = await (await machine()).run(['balance', '--rpc', `http://127.0.0.1:${port}`])
      expect([code, stdout]).toEqual([4, ''])
    } finally {
      server.close()
    }
  })
})
