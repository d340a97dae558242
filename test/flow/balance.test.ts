// What the wallet holds: asked before a payment, and told where one fails for want of money.
import { inspect } from 'node:util'
import { x402 } from 'stablestudio'
import { createPublicClient, http } from 'viem'
import { base } from 'viem/chains'
import { describe, expect, it } from 'vitest'
import { counted, played, useTestClock } from '../support/clock.ts'
import { createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

const rpc = 'https://stablestudio.dev/rpc'
const withRpc = () => createStudio({ payWith: [x402({ rpc })] })

describe('balance', () => {
  it('is what the payer holds, for each way to pay that has an RPC', async () => {
    const { studio, sandbox } = withRpc()
    await played(studio.submit(operation, input))
    expect(await played(studio.balance())).toEqual([
      {
        protocol: 'x402',
        network: 'eip155:8453',
        asset: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
        usd: '9.83',
        amount: '9830000',
      },
    ])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('can be asked of a viem PublicClient', async () => {
    const { sandbox } = createStudio()
    const transport = http(rpc, { fetchFn: counted(sandbox.fetch), retryCount: 0 })
    const { studio } = createStudio({
      payWith: [x402({ rpc: createPublicClient({ chain: base, transport }) })],
    })
    expect(await played(studio.balance())).toMatchObject([{ usd: '0.00' }])
  })

  it('shows no part of the RPC’s URL, which is often a key', async () => {
    const url = 'https://stablestudio.dev/v2/k3y-0f-the-pr0vider'
    const fetchFn = async () => new Response('no', { status: 500 })
    const transport = http(url, { fetchFn, retryCount: 0 })
    const { studio } = createStudio({
      payWith: [x402({ rpc: createPublicClient({ chain: base, transport }) })],
    })
    const error = await played(failure(studio.balance()))
    expect(error).toMatchObject({ code: 'network_error', cause: expect.anything() })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('k3y')
  })

  it('is empty without an RPC, and needs a wallet', async () => {
    expect(await played(createStudio().studio.balance())).toEqual([])
    const { studio } = createStudio({ wallet: undefined })
    expect(await played(failure(studio.balance()))).toMatchObject({ code: 'wallet_missing' })
  })

  it.each<[string, unknown]>([
    ['fails', undefined],
    ['answers nothing', '0x'],
    ['is of another chain', '0x1'],
    ['answers a number', 0],
  ])('is never zero because an RPC %s', async (_how, answer) => {
    const request = async ({ method }: { method: string }) => {
      if (answer === undefined) throw new Error('down')
      return method === 'eth_chainId' && answer !== '0x1' ? '0x2105' : answer
    }
    const { studio } = createStudio({ payWith: [x402({ rpc: { request } })] })
    expect(await played(failure(studio.balance()))).toMatchObject({
      name: 'ServiceError',
      code: 'network_error',
      payment: 'none',
      safeToRetry: true,
    })
  })
})

describe('a payment that the wallet cannot cover', () => {
  it('says with an RPC what is missing', async () => {
    const { sandbox } = createStudio()
    const { wallet: other } = createStudio()
    const { studio } = createStudio({ payWith: [x402({ rpc })], wallet: other, fetch: sandbox.fetch })
    sandbox.fund(other.address, '0.05')
    expect(await played(failure(studio.run(operation, input)))).toMatchObject({
      name: 'WalletError',
      code: 'insufficient_funds',
      payment: 'rejected',
      safeToRetry: true,
      details: `The wallet ${other.address} holds $0.05 in USDC on Base (eip155:8453), and this costs $0.17: $0.12 is missing.`,
      hint: `Send USDC on Base (eip155:8453) to ${other.address}, then call again.`,
    })
    expect(sandbox.settlements()).toEqual([])
  })
})
