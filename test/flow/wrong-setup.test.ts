// A wrong wallet, limit or address: nothing is lost, and the error says what to do.
import { memoryStore, StableStudioClient, x402 } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import { createWalletClient, http } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { type base, baseSepolia } from 'viem/chains'
import { describe, expect, it, vi } from 'vitest'
import { counted, played, useTestClock } from '../support/clock.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

describe('a wallet', () => {
  const account = privateKeyToAccount(generatePrivateKey())
  const on = (chain: typeof base | typeof baseSepolia) =>
    createWalletClient({ account, chain, transport: http('http://127.0.0.1:9') })

  it('made for a test network does not pay on Base', async () => {
    const { studio, sandbox } = createStudio({ wallet: on(baseSepolia) })
    const error = await played(failure(studio.run(operation, input)))
    const details =
      'Its client was created for Base Sepolia (eip155:84532), and the payment is on Base (eip155:8453).'
    expect(error).toMatchObject({ name: 'WalletError', code: 'wallet_wrong_chain', payment: 'none', details })
    expect(sandbox.settlements()).toEqual([])
    expect(await all(studio.payments())).toEqual([])
  })

  it('made for the chain of the offer pays, on a test network too', async () => {
    const sandbox = createSandbox({ network: 'eip155:84532' })
    sandbox.fund(account.address, '1')
    const wallet = on(baseSepolia)
    const studio = new StableStudioClient({ wallet, fetch: counted(sandbox.fetch), payWith: [x402()] })
    expect((await played(studio.submit(operation, input))).receipt.network).toBe('eip155:84532')
  })

  it('without money names the address, the amount and the network', async () => {
    const { sandbox } = createStudio()
    const studio = new StableStudioClient({ wallet: account, fetch: counted(sandbox.fetch) })
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toMatchObject({
      name: 'PaymentRejectedError',
      category: 'funds',
      payment: 'rejected',
      details: `The wallet ${account.address} holds less than the $0.17 in USDC that this costs on Base (eip155:8453).`,
      hint: `Send USDC on Base (eip155:8453) to ${account.address}, then call again.`,
    })
  })

  it('that is a local account and out of time is not told to open it', async () => {
    const wallet = privateKeyToAccount(generatePrivateKey())
    const slow = { ...wallet, signTypedData: () => new Promise<`0x${string}`>(() => {}) }
    const { studio, sandbox } = createStudio({ wallet: { ...slow, source: 'custom' } })
    sandbox.fund(wallet.address, '1')
    const error = await played(failure(studio.run(operation, input, { timeout: 1_500 })))
    expect(error).toMatchObject({ code: 'wallet_timeout', payment: 'none' })
    expect(String(error)).toMatch(/The client waited for 1\.\d+ s\.\n→ Nothing was sent\. Raise `timeout`/)
  })
})

it('an origin that is not the service’s is noticed before anything is signed', async () => {
  const { studio, sandbox } = createStudio({
    origin: 'https://studio.example',
    baseUrl: 'https://stablestudio.dev',
  })
  const error = await played(failure(studio.run(operation, input)))
  const hint = expect.stringContaining('set `origin` to its origin')
  expect(error).toMatchObject({ name: 'OfferRefusedError', code: 'resource_mismatch', payment: 'none', hint })
  expect(sandbox.settlements()).toEqual([])
})

it.each([
  [{ perCall: '0.01' }, 'Raise `limits.perCall`, or ask for something cheaper.'],
  [{ perDay: '0.01' }, 'Raise `limits.perDay`, or wait for the next day (UTC).'],
  [{ total: '0.01' }, 'Raise `limits.total`. `recover()`'],
])('a limit %j says what helps', async (limits, said) => {
  const error = await played(failure(createStudio({ limits }).studio.run(operation, input)))
  expect(String(error)).toContain(said)
})

describe('limits over time on a store that forgets', () => {
  it('are warned of once, with the first payment', async () => {
    const { studio } = createStudio({ limits: { perDay: '1', total: '5' }, store: memoryStore() })
    const warned = vi.fn()
    studio.on('limits.volatile', warned)
    await played(studio.submit(operation, input))
    await played(studio.submit(operation, input))
    expect(warned.mock.calls).toEqual([[{ limits: ['perDay', 'total'] }]])
  })

  it.each([
    ['limits of one call', { limits: { perCall: '1' } }],
    ['a store that keeps', { limits: { total: '5' }, store: { ...memoryStore(), volatile: false } }],
  ])('is not said of %s', async (_what, options) => {
    const { studio } = createStudio(options)
    const warned = vi.fn()
    studio.on('limits.volatile', warned)
    await played(studio.submit(operation, input))
    expect(warned).not.toHaveBeenCalled()
  })
})
