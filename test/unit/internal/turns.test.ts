import { describe, expect, it } from 'vitest'
import { createDeadline } from '../../../src/internal/time.ts'
import { createTurns } from '../../../src/internal/turns.ts'
import { flush, pass, useTestClock } from '../../support/clock.ts'

useTestClock()

const patient = createDeadline(3_600_000, undefined)

/** Work that goes on until it is let go. */
function held() {
  let letGo = () => {}
  const work = () =>
    new Promise<string>((resolve) => {
      letGo = () => resolve('done')
    })
  return { work, letGo: () => letGo() }
}

describe('turns', () => {
  it('are taken by so many at once, the others in their order', async () => {
    const turns = createTurns(2)
    const begun: number[] = []
    const holds = Array.from({ length: 5 }, held)
    const all = holds.map(({ work }, at) =>
      turns.take(() => {
        begun.push(at)
        return work()
      }, patient),
    )
    await flush()
    expect(begun).toEqual([0, 1])
    holds[1]?.letGo()
    await flush()
    expect(begun).toEqual([0, 1, 2])
    holds[0]?.letGo()
    holds[2]?.letGo()
    await flush()
    expect(begun).toEqual([0, 1, 2, 3, 4])
    for (const { letGo } of holds) letGo()
    expect(await Promise.all(all)).toEqual(Array(5).fill('done'))
  })

  it('are not taken by a late one before those who wait', async () => {
    const turns = createTurns(1)
    const first = held()
    const order: string[] = []
    const one = turns.take(first.work, patient)
    const two = turns.take(async () => void order.push('waited'), patient)
    first.letGo()
    const three = one.then(() => turns.take(async () => void order.push('late'), patient))
    await Promise.all([two, three])
    expect(order).toEqual(['waited', 'late'])
  })

  it('are handed on by work that fails', async () => {
    const turns = createTurns(1)
    const failing = turns.take(async () => Promise.reject(new Error('no')), patient)
    const next = turns.take(async () => 7, patient)
    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe(7)
  })

  it('do not come any more after the deadline or the signal, and the work is not run', async () => {
    const turns = createTurns(1)
    const first = held()
    const one = turns.take(first.work, patient)
    const stop = new AbortController()
    const ran: string[] = []
    const late = turns.take(async () => ran.push('late'), createDeadline(1_000, undefined))
    const aborted = turns.take(async () => ran.push('aborted'), createDeadline(60_000, stop.signal))
    const before = turns.take(async () => ran.push('before'), createDeadline(60_000, AbortSignal.abort()))
    stop.abort()
    await pass(1_000)
    expect(await Promise.all([late, aborted, before])).toEqual([undefined, undefined, undefined])
    first.letGo()
    await one
    // Who gave up holds no turn.
    expect(await turns.take(async () => 'free', patient)).toBe('free')
    expect(ran).toEqual([])
  })
})
