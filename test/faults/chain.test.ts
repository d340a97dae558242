// What the chain says of an open attempt decides, where an RPC is given.
import { createPublicClient, http } from 'viem'
import { base } from 'viem/chains'
import { describe, expect, it } from 'vitest'
import { x402 } from '../../src/methods/x402/x402.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

const rpcUrl = 'https://stablestudio.dev/rpc'

describe('with an RPC of the chain', () => {
  it('an unused authorization is dead after its expiry, even while the job list cannot be read', async () => {
    const { studio, sandbox } = createStudio({ payWith: [x402({ rpc: rpcUrl })] })
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(operation, input, { timeout: 30_000 })))
    await pass(400_000)
    expect(await played(studio.recover())).toMatchObject([
      { outcome: 'released', attempt: { state: 'released' } },
    ])
    expect(sandbox.settlements()).toHaveLength(0)
  })

  it('a used authorization is neither replayed nor released, however long its job is not listed', async () => {
    const { studio, sandbox } = createStudio({ payWith: [x402({ rpc: rpcUrl })] })
    sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(operation, input, { timeout: 60_000 })))
    expect(sandbox.requests().filter(({ paid }) => paid)).toHaveLength(1)
    await pass(400_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
    sandbox.faults.clear()
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'job-found' }])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it.each<[string, (method: string) => unknown]>([
    [
      'lags behind the expiry',
      (method) => (method === 'eth_getBlockByNumber' ? { number: '0x1', timestamp: '0x1' } : undefined),
    ],
    ['is of another chain', (method) => (method === 'eth_chainId' ? '0x14a34' : undefined)],
    ['shows no head', (method) => (method === 'eth_getBlockByNumber' ? null : undefined)],
  ])('that %s proves nothing dead', async (_how, answer) => {
    const timestamp = () => `0x${Math.floor(Date.now() / 1000).toString(16)}`
    const genuine: Record<string, () => unknown> = {
      eth_chainId: () => '0x2105',
      eth_getBlockByNumber: () => ({ number: '0x10', timestamp: timestamp() }),
      eth_call: () => `0x${'0'.repeat(64)}`,
    }
    const request = async ({ method }: { method: string }) =>
      answer(method) ?? (answer(method) === null ? null : genuine[method]?.())
    const { studio, sandbox } = createStudio({ payWith: [x402({ rpc: { request } })] })
    sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(operation, input, { timeout: 30_000 })))
    await pass(400_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
  })

  it('may be given as a viem PublicClient', async () => {
    const { sandbox } = createStudio()
    const fetchFn = counted(sandbox.fetch)
    const rpc = createPublicClient({ chain: base, transport: http(rpcUrl, { fetchFn, retryCount: 0 }) })
    const { studio, sandbox: service } = createStudio({ payWith: [x402({ rpc })] })
    service.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    service.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(operation, input, { timeout: 30_000 })))
    await pass(400_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'released' }])
    expect((await all(studio.payments())).map(({ state }) => state)).toEqual(['released'])
  })

  it('that lies or breaks changes nothing: the job list and the expiry decide', async () => {
    const { studio, sandbox } = createStudio({
      payWith: [x402({ rpc: { request: async () => '0xdeadbeef' } })],
    })
    sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    expect((await played(studio.submit(operation, input))).receipt.usd).toBe('0.17')
    expect(sandbox.settlements()).toHaveLength(1)
  })
})
