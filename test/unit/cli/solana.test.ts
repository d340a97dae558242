// An account on Solana in the command: imported, told of without its password, and paid with.
import { generateKeyPairSync } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { solanaKey } from '../../../src/entries/solana.ts'
import { encode58 } from '../../../src/internal/base58.ts'
import { jsonOf, type Machine, useCommand } from '../../support/command.ts'

const machine = useCommand()
const password = 'a long password'

/** A machine whose only wallet is one on Solana. */
async function withKey() {
  const one = await machine()
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const secret = Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')])
  const { address } = await solanaKey(Uint8Array.from(secret))
  one.sandbox.fund(address, '5')
  const env = { STABLESTUDIO_PRIVATE_KEY: undefined, STABLESTUDIO_PASSWORD: password }
  const run = (args: string[], how: Parameters<Machine['run']>[1] = {}) =>
    one.run(args, { ...how, env: { ...env, ...how.env } })
  return { ...one, secret, solana: address, run }
}

const payments = (one: Machine, address: string) =>
  one.sandbox.settlements().filter(({ from }) => from === address)

describe.concurrent('a key of Solana', () => {
  it('is imported from the file of solana-keygen, and pays', async () => {
    const one = await withKey()
    await writeFile(join(one.work, 'id.json'), JSON.stringify([...one.secret]))
    const taken = await one.run(['wallet', 'import', 'sol', 'id.json', '--solana'])
    expect(taken).toMatchObject({ code: 0, stdout: `${one.solana}\n` })
    const bought = await one.run(['image', 'a cat', '-m', 'grok', '--yes', '--json', '-o', 'cat.png'])
    expect(bought.code, bought.stderr).toBe(0)
    expect(jsonOf(bought).receipt).toMatchObject({ payer: one.solana })
    expect(await one.files()).toContain('cat.png')
    expect(payments(one, one.solana)).toHaveLength(1)
    expect(one.settlements()).toBe(0)
  })

  it('is kept encrypted, for its owner alone, and told of without its password', async () => {
    const one = await withKey()
    await one.run(['wallet', 'import', 'sol', '-', '--solana'], { input: encode58(one.secret) })
    const file = join(one.data, 'keystores', 'sol.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const kept = await readFile(file, 'utf8')
    expect(kept).not.toContain(one.secret.subarray(0, 32).toString('hex'))
    const asked = { env: { STABLESTUDIO_PASSWORD: undefined } }
    expect((await one.run(['wallet', 'address'], asked)).stdout).toBe(`${one.solana}\n`)
    expect((await one.run(['wallet', 'list'], asked)).stdout).toContain(one.solana)
    const { stdout, stderr } = await one.run(['fund'], asked)
    expect(stdout).toBe(`${one.solana}\n`)
    expect(stderr).toContain('Send USDC on Solana')
  })

  it('signs nothing with a wrong password, nor for another address than its own', async () => {
    const one = await withKey()
    await one.run(['wallet', 'import', 'sol', '-', '--solana'], { input: encode58(one.secret) })
    const pay = ['image', 'a cat', '-m', 'grok', '--yes']
    const wrong = await one.run(pay, { env: { STABLESTUDIO_PASSWORD: 'another password' } })
    expect(wrong).toMatchObject({ code: 3, stdout: '' })
    expect(wrong.stderr).toContain('password')
    const file = join(one.data, 'keystores', 'sol.json')
    const store = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ ...store, publicKey: '11'.repeat(32) }))
    expect((await one.run(pay)).code).not.toBe(0)
    expect(payments(one, one.solana)).toHaveLength(0)
  })

  it('that is none is refused, and never repeated', async () => {
    const one = await withKey()
    const half = one.secret.subarray(0, 32).toString('hex')
    const { code, stdout, stderr } = await one.run(['wallet', 'import', 'sol', '-', '--solana'], {
      input: half,
    })
    expect(code).toBe(3)
    expect(stderr).toContain('not a key of Solana')
    expect(stdout + stderr).not.toContain(half)
    expect(await one.run(['wallet', 'list'])).toMatchObject({ stdout: '' })
  })
})
