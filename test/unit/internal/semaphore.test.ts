import { describe, expect, it } from 'vitest'
import { createSemaphore } from '../../../src/internal/semaphore.ts'
import { createDeadline } from '../../../src/internal/time.ts'
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

describe('a semaphore', () => {
  it('runs so many at once, the others in their order', async () => {
    const semaphore = createSemaphore(2)
    const begun: number[] = []
    const holds = Array.from({ length: 5 }, held)
    const all = holds.map(({ work }, at) =>
      semaphore.run(() => {
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

  it('lets no newcomer pass those who wait', async () => {
    const semaphore = createSemaphore(1)
    const first = held()
    const order: string[] = []
    const one = semaphore.run(first.work, patient)
    const two = semaphore.run(async () => void order.push('waited'), patient)
    first.letGo()
    const three = one.then(() => semaphore.run(async () => void order.push('late'), patient))
    await Promise.all([two, three])
    expect(order).toEqual(['waited', 'late'])
  })

  it('hands its place on when work fails', async () => {
    const semaphore = createSemaphore(1)
    const failing = semaphore.run(async () => Promise.reject(new Error('no')), patient)
    const next = semaphore.run(async () => 7, patient)
    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe(7)
  })

  it('does not run work whose deadline or signal came first', async () => {
    const semaphore = createSemaphore(1)
    const first = held()
    const one = semaphore.run(first.work, patient)
    const stop = new AbortController()
    const ran: string[] = []
    const late = semaphore.run(async () => ran.push('late'), createDeadline(1_000, undefined))
    const aborted = semaphore.run(async () => ran.push('aborted'), createDeadline(60_000, stop.signal))
    const before = semaphore.run(async () => ran.push('before'), createDeadline(60_000, AbortSignal.abort()))
    stop.abort()
    await pass(1_000)
    expect(await Promise.all([late, aborted, before])).toEqual([undefined, undefined, undefined])
    first.letGo()
    await one
    // Whoever gave up holds no place.
    expect(await semaphore.run(async () => 'free', patient)).toBe('free')
    expect(ran).toEqual([])
  })
})
