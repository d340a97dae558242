// Three payers on Base, Tempo and Solana with one store: one set of limits, and no attempt in another's hands.
import { describe, expect, it } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { mpp, tempoNetwork } from '../../src/entries/mpp.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { solana } from '../../src/entries/solana.ts'
import { memoryStore } from '../../src/ledger/store.ts'
import { exactMethod } from '../../src/methods/x402/exact-method.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { countingKey, network, solanaRpc } from '../support/solana.ts'
import { all, failure, input, operation } from '../support/studio.ts'
import { countingAccount, tempoRpc } from '../support/tempo.ts'

useTestClock()

async function threePayers(total: string) {
  const sandbox = createSandbox()
  const fetch = counted(sandbox.fetch)
  const base = countingAccount().account
  const tempo = countingAccount().account
  const { account } = await countingKey()
  sandbox.fund(base.address, '10')
  sandbox.fund(tempo.address, '10', tempoNetwork)
  sandbox.fund(account.address, '10')
  const shared = { store: memoryStore(), limits: { total }, fetch }
  const rpc = 'https://stablestudio.dev/rpc'
  const studios = [
    new StableStudioClient({ ...shared, wallet: base, payWith: [exactMethod({ rpc })] }),
    new StableStudioClient({ ...shared, payWith: [mpp({ account: tempo, rpcUrl: tempoRpc, fetch })] }),
    new StableStudioClient({ ...shared, payWith: [solana({ account, rpc: solanaRpc })] }),
  ]
  return { sandbox, studios }
}

describe('three payers with one store', () => {
  it('stay within one limit, to the last payment', async () => {
    const { sandbox, studios } = await threePayers('1.02')
    const orders = Array.from({ length: 12 }, (_, at) => studios[at % 3]?.submit(operation, input))
    const ends = await played(Promise.allSettled(orders))
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(6)
    expect(sandbox.settlements()).toHaveLength(6)
    for (const studio of studios)
      expect(await played(failure(studio.submit(operation, input)))).toMatchObject({ code: 'limit_total' })
  })

  it('leave each other’s open payments alone: an RPC of Base never judges one on Solana', async () => {
    const { sandbox, studios } = await threePayers('10')
    sandbox.faults.add({ step: 'pay', kind: 'reset-after', times: Number.POSITIVE_INFINITY })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    const lost = studios.map((studio) => failure(studio.submit(operation, input, { timeout: 6_000 })))
    await played(Promise.all(lost))
    sandbox.faults.clear()
    await pass(200_000)
    for (const studio of studios) {
      const recovered = await played(studio.recover())
      // Of the others it knows only that they are open.
      const outcomes = recovered.map(({ outcome }) => outcome)
      expect(outcomes.filter((one) => one !== 'still-open')).toEqual(['job-found'])
    }
    expect(sandbox.settlements()).toHaveLength(3)
    expect(new Set(sandbox.settlements().map((one) => one.network))).toEqual(
      new Set(['eip155:8453', tempoNetwork, network]),
    )
    const [first] = studios
    if (!first) throw new Error('none')
    expect((await all(first.payments())).map(({ state }) => state)).toEqual(['settled', 'settled', 'settled'])
  })
})
