// Push: the money has moved before the service is asked. It is recorded first, sent once, and never given back by a refusal.
import { createWalletClient, custom } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { tempo } from 'viem/tempo/chains'
import { describe, expect, it } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { mpp, tempoNetwork } from '../../src/entries/mpp.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { memoryStore } from '../../src/ledger/store.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, failure, input, operation } from '../support/studio.ts'
import { createTempoStudio, type TempoOptions, tempoRpc } from '../support/tempo.ts'
import { named, ways } from '../support/ways.ts'

useTestClock()

const pushing = (options: TempoOptions = {}) =>
  createTempoStudio({ ...options, mpp: { mode: 'push', ...options.mpp } })

describe('a push payment', () => {
  it('is one transfer, named by its hash', async () => {
    const { studio, sandbox, signed } = pushing()
    const image = await played(studio.run(operation, input))
    const [settlement, ...more] = sandbox.settlements()
    expect(more).toEqual([])
    expect(settlement).toMatchObject({ amount: '170000', operation, jobId: image.jobId })
    expect(image.receipt?.transaction).toBe(settlement?.transaction)
    expect(signed.transactions).toHaveLength(1)
  })

  it('is recorded as sent before the account is asked', async () => {
    const store = memoryStore()
    const states: unknown[] = []
    const { studio } = pushing({
      client: { store },
      async node(request, genuine) {
        const { method } = JSON.parse(await request.clone().text())
        if (method === 'eth_sendRawTransactionSync') {
          for await (const key of store.keys('attempt/')) states.push((await store.get(key))?.value)
        }
        return genuine()
      },
    })
    await played(studio.submit(operation, input))
    expect(states).toMatchObject([{ state: 'sent', final: true }])
  })

  it.each(named([...ways, { kind: 'rechallenge' }, { kind: 'rejected' }, { kind: 'settlement-failed' }]))(
    '%s once on the request: paid once, and the job is reached',
    async (_name, fault) => {
      const { studio, sandbox, signed } = pushing()
      sandbox.faults.add({ step: 'pay', kind: 'slow', times: 1, ...fault })
      const image = await played(studio.run(operation, input))
      expect(sandbox.settlements()).toMatchObject([{ jobId: image.jobId }])
      expect(signed.transactions).toHaveLength(1)
    },
  )

  it.each(named([{ kind: 'rejected' }, { kind: 'status', status: 400 }, { kind: 'status', status: 503 }]))(
    '%s for ever is no refusal without charge: it stays spent, with its transaction',
    async (_name, fault) => {
      const { studio, sandbox, signed } = pushing({ client: { limits: { total: '0.20' } } })
      sandbox.faults.add({ step: 'pay', kind: 'status', ...fault, times: Number.POSITIVE_INFINITY })
      const error = await played(failure(studio.submit(operation, input, { timeout: 30_000 })))
      expect(error).toMatchObject({ name: 'PaymentUnknownError', payment: 'settled', safeToRetry: false })
      await pass(3_600_000)
      expect(await played(studio.recover())).toMatchObject([{ outcome: 'written-off' }])
      const [settlement] = sandbox.settlements()
      expect(await all(studio.payments())).toMatchObject([
        { state: 'settled', receipt: { transaction: settlement?.transaction } },
      ])
      expect(await failure(studio.submit(operation, input))).toMatchObject({ name: 'LimitExceededError' })
      expect(signed.transactions).toHaveLength(1)
      expect(sandbox.settlements()).toHaveLength(1)
    },
  )

  it('whose answer of the node is lost is still claimed, by its hash', async () => {
    const { studio, sandbox, signed } = pushing({
      async node(request, genuine) {
        const { method } = JSON.parse(await request.clone().text())
        const answer = await genuine()
        if (method === 'eth_sendRawTransactionSync') throw new TypeError('fetch failed')
        return answer
      },
    })
    const image = await played(studio.run(operation, input))
    expect(sandbox.settlements()).toMatchObject([{ jobId: image.jobId }])
    expect(signed.transactions).toHaveLength(1)
  })

  it('whose process dies after it was sent is found by another one', async () => {
    const store = memoryStore()
    const first = pushing({ client: { store } })
    first.sandbox.faults.add({ step: 'pay', kind: 'no-answer' })
    const lost = first.studio.submit(operation, input).catch(() => {})
    await pass(2_000)
    const again = new StableStudioClient({
      store,
      fetch: counted(first.sandbox.fetch),
      payWith: [mpp({ account: first.account, rpcUrl: tempoRpc, mode: 'push' })],
    })
    await pass(200_000)
    expect(await played(again.recover())).toMatchObject([])
    await played(lost)
    expect(first.sandbox.settlements()).toHaveLength(1)
  })

  it('that was aborted before the account was asked moved nothing', async () => {
    const abort = new AbortController()
    const { studio, sandbox, signed } = pushing({
      async node(_request, genuine) {
        abort.abort()
        return genuine()
      },
    })
    const error = await played(failure(studio.submit(operation, input, { signal: abort.signal })))
    expect(error).toMatchObject({ code: 'aborted' })
    await pass(10_000)
    expect(signed.transactions).toEqual([])
    expect(sandbox.settlements()).toEqual([])
  })
})

describe('a wallet that sends its transactions itself', () => {
  /** A browser wallet with a real key behind it, on a sandbox's Tempo. */
  function createWallet(sandbox: ReturnType<typeof createSandbox>, refuse?: 'before' | 'after') {
    const account = privateKeyToAccount(generatePrivateKey())
    const calls: string[] = []
    const rpc = async (method: string, params: unknown) => {
      const response = await sandbox.fetch(tempoRpc, {
        method: 'POST',
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      })
      const { result, error } = await response.json()
      if (error) throw Object.assign(new Error(error.message), { code: error.code })
      return result
    }
    const request = async ({ method, params }: { method: string; params?: never }): Promise<unknown> => {
      calls.push(method)
      if (method === 'eth_signTypedData_v4') return account.signTypedData(JSON.parse(params?.[1] ?? ''))
      if (method === 'wallet_getCallsStatus') return status
      if (method !== 'wallet_sendCalls') return rpc(method, params)
      if (refuse === 'before') throw Object.assign(new Error('User rejected'), { code: 4001 })
      const { calls: asked } = (params?.[0] ?? {}) as { calls: { to: `0x${string}`; data: `0x${string}` }[] }
      const { Transaction } = await import('viem/tempo')
      const bytes = await account.signTransaction(
        {
          calls: asked.map(({ to, data }) => ({ to, data })),
          chainId: tempo.id,
          nonceKey: 2n ** 256n - 1n,
          nonce: 0,
          validBefore: Math.floor(Date.now() / 1000) + 25,
          gas: 100_000n,
          maxFeePerGas: 20_000_000_000n,
          maxPriorityFeePerGas: 0n,
        } as never,
        { serializer: Transaction.serialize as never },
      )
      const receipt = await rpc('eth_sendRawTransactionSync', [bytes])
      if (refuse === 'after') throw new Error('The extension was reloaded')
      status = {
        version: '2.0.0',
        id: '0x01',
        chainId: '0x1079',
        status: 200,
        atomic: true,
        receipts: [receipt],
      }
      return { id: '0x01' }
    }
    let status: unknown
    sandbox.fund(account.address, '10', tempoNetwork)
    const client = createWalletClient({
      account: account.address,
      chain: tempo,
      transport: custom({ request }),
    })
    return { client, calls, account }
  }

  function create(refuse?: 'before' | 'after') {
    const sandbox = createSandbox()
    const wallet = createWallet(sandbox, refuse)
    const payWith = [mpp({ account: wallet.client })]
    const studio = new StableStudioClient({ payWith, fetch: counted(sandbox.fetch) })
    return { sandbox, studio, ...wallet }
  }

  it('pays once, and proves itself to poll', async () => {
    const { sandbox, studio, calls } = create()
    const image = await played(studio.run(operation, input))
    expect(sandbox.settlements()).toMatchObject([{ amount: '170000', jobId: image.jobId }])
    expect(calls.filter((method) => method === 'wallet_sendCalls')).toHaveLength(1)
    expect(calls).toContain('eth_signTypedData_v4')
  })

  it('whose user says no has paid nothing', async () => {
    const { sandbox, studio } = create('before')
    const error = await played(failure(studio.submit(operation, input)))
    expect(error).toMatchObject({
      name: 'WalletError',
      code: 'wallet_rejected',
      payment: 'none',
      safeToRetry: true,
    })
    expect(await all(studio.payments())).toMatchObject([{ state: 'released' }])
    expect(sandbox.settlements()).toEqual([])
  })

  it('that fails after it sent leaves the payment spent, for good', async () => {
    const { sandbox, studio } = create('after')
    const error = await played(failure(studio.submit(operation, input)))
    expect(error).toMatchObject({ name: 'PaymentUnknownError', payment: 'unknown', safeToRetry: false })
    await pass(3_600_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'written-off' }])
    expect(sandbox.settlements()).toHaveLength(1)
  })
})
