// Wallets that send themselves and then fail: what they may have sent is never sent again, and never given back.
import { createWalletClient, custom } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { tempo } from 'viem/tempo/chains'
import { expect, it } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { mpp, tempoNetwork } from '../../src/entries/mpp.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, failure, input, operation } from '../support/studio.ts'
import { tempoRpc } from '../support/tempo.ts'

useTestClock()

type Call = { to: `0x${string}`; data: `0x${string}` }

/** Called in the place of an answer, once the transaction has been sent. */
type Failures = {
  sendCalls?: () => unknown
  status?: () => unknown
  prompt?: () => Promise<void>
  /** The chain that the wallet is on when it sends. */
  chain?: string
}

/** A wallet with a real key that knows both ways to send, and a client that pays by it. */
function createPushing(failures: Failures) {
  const sandbox = createSandbox()
  const account = privateKeyToAccount(generatePrivateKey())
  sandbox.fund(account.address, '10', tempoNetwork)
  const asked: string[] = []
  const rpc = async (method: string, params: unknown) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const response = await sandbox.fetch(tempoRpc, { method: 'POST', body })
    const { result, error } = await response.json()
    if (error) throw Object.assign(new Error(error.message), { code: error.code })
    return result
  }
  let nth = 0
  let receipt: unknown
  const send = async (calls: Call[]) => {
    const { Transaction } = await import('viem/tempo')
    nth += 1
    const transaction = {
      calls: calls.map(({ to, data }) => ({ to, data })),
      chainId: tempo.id,
      nonceKey: 2n ** 256n - 1n,
      nonce: 0,
      validBefore: Math.floor(Date.now() / 1000) + 24 + nth,
      gas: 100_000n,
      maxFeePerGas: 20_000_000_000n,
      maxPriorityFeePerGas: 0n,
    }
    const bytes = await account.signTransaction(
      transaction as never,
      { serializer: Transaction.serialize } as never,
    )
    receipt = await rpc('eth_sendRawTransactionSync', [bytes])
    return receipt as { transactionHash: string }
  }
  const request = async ({ method, params }: { method: string; params?: never[] }): Promise<unknown> => {
    asked.push(method)
    const [first] = (params ?? []) as unknown as [{ calls: Call[]; chainId?: string } & Call]
    if (method === 'eth_signTypedData_v4') return account.signTypedData(JSON.parse(params?.[1] ?? ''))
    if (method === 'wallet_sendCalls') {
      await failures.prompt?.()
      if (failures.sendCalls?.() === 'unsent')
        throw Object.assign(new Error('no such method'), { code: -32601 })
      await send(first.calls)
      failures.sendCalls?.()
      return { id: '0x01' }
    }
    if (method === 'eth_sendTransaction') {
      const { chain = '0x1079' } = failures
      // As wallets do: without a chain they send on their own.
      if ((first.chainId ?? chain) !== chain) throw new Error('The wallet is on another chain.')
      return (await send([first])).transactionHash
    }
    if (method !== 'wallet_getCallsStatus') return rpc(method, params)
    failures.status?.()
    return { version: '2.0.0', id: '0x01', chainId: '0x1079', status: 200, atomic: true, receipts: [receipt] }
  }
  const client = createWalletClient({
    account: account.address,
    chain: tempo,
    transport: custom({ request }),
  })
  const studio = new StableStudioClient({
    payWith: [mpp({ account: client })],
    fetch: counted(sandbox.fetch),
  })
  return { studio, sandbox, asked, sends: () => nth }
}

it('a wallet that sent, and then lost its answer, is not asked to send once more', async () => {
  let calls = 0
  const { studio, sends } = createPushing({
    sendCalls: () => {
      calls += 1
      if (calls === 2) throw new Error('The extension was reloaded')
    },
  })
  const error = await played(failure(studio.submit(operation, input)))
  expect(sends()).toBe(1)
  expect(error).toMatchObject({ name: 'PaymentUnknownError', payment: 'unknown', safeToRetry: false })
})

it('a wallet that cannot send calls is asked to send the transaction', async () => {
  const { studio, sends, asked } = createPushing({ sendCalls: () => 'unsent' })
  await played(studio.submit(operation, input))
  expect(asked).toContain('eth_sendTransaction')
  expect(sends()).toBe(1)
})

it('a wallet that moved to another chain before it sends, sends nothing there', async () => {
  const { studio, sends, asked } = createPushing({ sendCalls: () => 'unsent', chain: '0x1' })
  await played(failure(studio.submit(operation, input)))
  expect(asked).toContain('eth_sendTransaction')
  expect(sends()).toBe(0)
})

it('a wallet whose user says no after it sent has not paid nothing', async () => {
  const { studio, sends } = createPushing({
    status: () => {
      throw Object.assign(new Error('User rejected the request'), { code: 4001 })
    },
  })
  const error = await played(failure(studio.submit(operation, input)))
  expect(sends()).toBe(1)
  expect(error).toMatchObject({ name: 'PaymentUnknownError', payment: 'unknown', safeToRetry: false })
  await pass(3_600_000)
  expect(await all(studio.payments())).toMatchObject([{ state: 'unknown' }])
})

const minutes = (count: number) => new Promise<void>((resolve) => setTimeout(resolve, count * 60_000))

it('a payment that is approved after its call has ended is not lost: recover() collects what it bought', async () => {
  const { studio, sandbox, sends } = createPushing({ prompt: () => minutes(1) })
  const error = await played(failure(studio.submit(operation, input, { timeout: 20_000 })))
  expect(error).toMatchObject({ payment: 'unknown', safeToRetry: false })
  expect(sends()).toBe(0)
  await pass(90_000)
  expect(sends()).toBe(1)
  const [recovery] = await played(studio.recover())
  expect(recovery).toMatchObject({ outcome: 'replayed', job: { id: sandbox.jobs()[0]?.id } })
  expect(sandbox.settlements()).toHaveLength(1)
})

it('a payment that is refused after its call has ended gives its amount back', async () => {
  const { studio, sends } = createPushing({
    async prompt() {
      await minutes(1)
      throw Object.assign(new Error('User rejected the request'), { code: 4001 })
    },
  })
  await played(failure(studio.submit(operation, input, { timeout: 20_000 })))
  await pass(90_000)
  expect(sends()).toBe(0)
  expect(await all(studio.payments())).toMatchObject([{ state: 'released' }])
})
