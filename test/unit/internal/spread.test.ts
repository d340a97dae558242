import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSpread } from '../../../src/internal/spread.ts'
import { toWallet, type Wallet } from '../../../src/wallet.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** Counts turns of the event loop while something goes on. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0
  let over = false
  const done = () => {
    over = true
  }
  work.then(done, done)
  while (!over) {
    turns += 1
    await new Promise((resolve) => setImmediate(resolve))
  }
  return turns
}

/** So many pieces asked for at once; notes the order in which they start, and how many start before the loop turns. */
async function startAll(count: number) {
  const spread = createSpread()
  const order: number[] = []
  const inTurn = new Map<number, number>()
  let turn = 0
  const pieces = Array.from({ length: count }, async (_, at) => {
    await spread()
    order.push(at)
    inTurn.set(turn, (inTurn.get(turn) ?? 0) + 1)
  })
  const all = Promise.all(pieces)
  let over = false
  all.then(() => {
    over = true
  })
  for (; !over; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  return { order, most: Math.max(...inTurn.values()) }
}

describe('pieces of work', () => {
  it('that come together get a turn of the event loop each, in their order', async () => {
    const { order, most } = await startAll(50)
    expect(order).toEqual([...Array(50).keys()])
    // The counting turns lie between those of the pieces, so two can fall into one of them.
    expect(most).toBeLessThanOrEqual(2)
  })

  it('that come alone wait for nothing', async () => {
    const spread = createSpread()
    expect(spread()).toBeUndefined()
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    expect(spread()).toBeUndefined()
  })

  it('go on while a clock stands still', async () => {
    vi.useFakeTimers()
    const spread = createSpread()
    spread()
    await spread()
    await spread()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a hundred signatures at once', () => {
  /** A wallet that counts, and takes its time in a way that a test can tell. */
  function counting() {
    const account = privateKeyToAccount('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d')
    const made: string[] = []
    const signMessage: typeof account.signMessage = (given) => {
      made.push(String(given.message))
      return account.signMessage(given)
    }
    return { wallet: toWallet({ ...account, signMessage }) as Wallet, made }
  }

  it('are not made for calls that have ended before their turn', async () => {
    const { wallet, made } = counting()
    const stop = new AbortController()
    const sign = (count: number) => Array.from({ length: count }, () => wallet.signMessage('proof'))
    const before = sign(50)
    const aborted = wallet.signMessage('aborted', { signal: stop.signal, left: () => 60_000 })
    const late = wallet.signMessage('late', { signal: undefined, left: () => 0 })
    const outcomes = Promise.allSettled([aborted, late])
    const after = sign(50)
    stop.abort('enough')
    // Told at once, not when its turn comes.
    await expect(aborted).rejects.toBe('enough')
    expect(made.length).toBeLessThan(10)
    await Promise.all([...before, ...after])
    expect(await outcomes).toMatchObject([
      { status: 'rejected' },
      { status: 'rejected', reason: { code: 'wallet_timeout' } },
    ])
    expect(made).toEqual(Array(100).fill('proof'))
  })

  it('leave the event loop a turn for each', async () => {
    const key = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
    const wallet = toWallet(privateKeyToAccount(key)) as Wallet
    const signed = Promise.all(Array.from({ length: 100 }, (_, at) => wallet.signMessage(`proof ${at}`)))
    expect(await turnsDuring(signed)).toBeGreaterThan(50)
    expect(new Set(await signed).size).toBe(100)
  })
})
