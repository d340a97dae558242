// Money out of a spend account: to the wallet that is passed, only what is free, and never twice.
import { StableStudioClient } from 'stablestudio'
import { indexedDbStore } from 'stablestudio/browser'
import { describe, expect, it } from 'vitest'
import { live } from '../../../src/methods/live-payee.ts'
import { usdcAssets } from '../../../src/x402/assets.ts'
import { authorizationTypedData } from '../../../src/x402/exact.ts'
import type { PageOptions } from '../../support/spend.ts'
import { losing, openPage } from '../../support/spend.ts'
import { failure } from '../../support/studio.ts'

const payee = live.payees['eip155:8453'] as `0x${string}`

async function openFunded(options: PageOptions = {}) {
  const page = await openPage(options)
  const spend = await page.open()
  page.sandbox.fund(spend.address, '5')
  return { ...page, spend, held: () => page.sandbox.balance(spend.address) }
}

/** Signs a payment of a dollar that nobody has taken yet. */
function signPayment({ spend, sandbox }: Awaited<ReturnType<typeof openFunded>>, value = '1000000') {
  const validBefore = String(Math.floor(sandbox.clock.now() / 1000) + 300)
  const nonce = `0x${'5'.repeat(64)}` as const
  const payment = { from: spend.address, to: payee, value, validAfter: '0', validBefore, nonce }
  return spend.signTypedData(authorizationTypedData(usdcAssets['eip155:8453'], payment) as never)
}

describe('a withdrawal', () => {
  it.each([false, true])('brings back exactly that, with one prompt; smart wallet: %s', async (smart) => {
    const page = await openFunded({ smart })
    const texts: string[] = []
    const done = await page.spend.withdraw(page.wallet, '2', { onPrompt: ({ text }) => texts.push(text) })
    expect(done).toMatchObject({ usd: '2.00', to: page.owner.address, earlier: false })
    expect(done.transaction).toMatch(/^0x[0-9a-f]{64}$/)
    expect(page.held()).toBe('3.00')
    expect(await page.spend.withdraw(page.wallet, 'all')).toMatchObject({ usd: '3.00' })
    expect(page.sandbox.balance(page.owner.address)).toBe('25.00')
    expect(texts).toEqual([
      expect.stringContaining(`brings $2.00 in USDC from this page's spend account to ${page.owner.address}`),
    ])
  })

  it('leaves what an open payment may still take, and says how much that is', async () => {
    const page = await openFunded()
    await signPayment(page)
    expect(await page.spend.balance()).toMatchObject({ usd: '5.00', reserved: '1.00', available: '4.00' })
    const error = await failure(page.spend.withdraw(page.wallet, '4.50'))
    expect(error).toMatchObject({ code: 'insufficient_funds', payment: 'none' })
    expect(String((error as Error).message)).toMatch(/\$1\.00 is reserved .* \$4\.00 can be withdrawn/)
    expect(await page.spend.withdraw(page.wallet, 'all')).toMatchObject({ usd: '4.00' })
    expect(page.held()).toBe('1.00')
    // Once it has expired, it takes nothing any more.
    page.sandbox.clock.advance(301_000)
    expect(await page.spend.withdraw(page.wallet, 'all')).toMatchObject({ usd: '1.00' })
    expect(page.held()).toBe('0.00')
  })

  it('asks the chain nothing about payments that have long expired', async () => {
    const page = await openFunded()
    await signPayment(page)
    page.sandbox.clock.advance(301_000)
    const asked: string[] = []
    const request = async (call: { method: string; params?: readonly unknown[] }) => {
      asked.push(JSON.stringify(call))
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, ...call })
      return ((await (await fetch(page.rpc, { method: 'POST', body })).json()) as { result: unknown }).result
    }
    const again = await page.open({ rpc: { request } as never })
    expect(await again.balance()).toMatchObject({ reserved: '0.00', available: '5.00' })
    // EIP-3009 `authorizationState`
    expect(asked.join()).not.toContain('0xe94a0102')
  })

  it('with nothing in the account asks nobody', async () => {
    const page = await openPage()
    const error = await failure((await page.open()).withdraw(page.wallet, 'all'))
    expect(error).toMatchObject({ code: 'insufficient_funds', payment: 'none' })
    expect(page.prompts()).toEqual([])
  })

  it.each(['0', '-1', 'everything', undefined, 5])('of %s is refused', async (usd) => {
    const page = await openFunded()
    expect(await failure(page.spend.withdraw(page.wallet, usd as string))).toMatchObject({
      name: 'InvalidInputError',
    })
  })
})

describe('a withdrawal whose answer is lost', () => {
  it('is found by the next call', async () => {
    const { instead, untilLost } = losing(true)
    const page = await openFunded({ instead })
    const error = await failure(page.spend.withdraw(page.wallet, '5', untilLost()))
    expect(error).toMatchObject({ code: 'aborted', payment: 'unknown' })
    expect(await (await page.open()).withdraw(page.wallet, '5')).toMatchObject({ usd: '5.00', earlier: true })
    expect(page.prompts()).toHaveLength(1)
    expect(page.sandbox.balance(page.owner.address)).toBe('25.00')
  })

  it('is sent again with the same nonce when it was not sent', async () => {
    const { instead, untilLost } = losing(false)
    const page = await openFunded({ instead })
    await failure(page.spend.withdraw(page.wallet, '2', untilLost()))
    expect(await page.spend.balance()).toMatchObject({ reserved: '2.00', available: '3.00' })
    // Another amount would be a second authorization beside the open one.
    expect(await failure(page.spend.withdraw(page.wallet, '3'))).toMatchObject({ code: 'transfer_unknown' })
    expect(await page.spend.withdraw(page.wallet, '2')).toMatchObject({ usd: '2.00', earlier: false })
    const [first, second] = page.prompts().map(({ params }) => (params[0] as { data: string }).data)
    expect(second).toBe(first)
    expect(page.held()).toBe('3.00')
  })

  it('is part of all that is withdrawn then', async () => {
    const { instead, untilLost } = losing(false)
    const page = await openFunded({ instead })
    await failure(page.spend.withdraw(page.wallet, '2', untilLost()))
    expect(await page.spend.withdraw(page.wallet, 'all')).toMatchObject({ usd: '5.00' })
    expect(page.held()).toBe('0.00')
  })

  it('is forgotten once it has expired, by the chain', async () => {
    const { instead, untilLost } = losing(false)
    const page = await openFunded({ instead })
    await failure(page.spend.withdraw(page.wallet, '2', untilLost()))
    page.sandbox.clock.advance(31 * 60_000)
    expect(await page.spend.withdraw(page.wallet, '3')).toMatchObject({ usd: '3.00', earlier: false })
    expect(page.held()).toBe('2.00')
  })

  it('is not taken to another wallet', async () => {
    const { instead, untilLost } = losing(false)
    const page = await openFunded({ instead })
    await failure(page.spend.withdraw(page.wallet, '2', untilLost()))
    const other = { ...page.wallet, account: { address: payee, type: 'json-rpc' } }
    expect(await failure(page.spend.withdraw(other as never, '2'))).toMatchObject({
      code: 'transfer_unknown',
    })
    expect(page.prompts()).toHaveLength(1)
  })
})

describe('the client', () => {
  it('pays and collects with the account, without a prompt', async () => {
    const page = await openPage()
    const spend = await page.open()
    await spend.deposit(page.wallet, '5')
    const studio = new StableStudioClient({
      wallet: spend,
      fetch: page.sandbox.fetch,
      store: indexedDbStore(),
    })
    const image = await studio.run('grok/generate', { prompt: 'a lighthouse' })
    expect(image.receipt).toMatchObject({ usd: '0.07', payer: spend.address })
    expect(page.prompts()).toHaveLength(1)
    // What the chain has taken is not reserved any more.
    expect(await spend.balance()).toMatchObject({ usd: '4.93', reserved: '0.00', available: '4.93' })
  })
})
