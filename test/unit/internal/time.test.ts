import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDeadline, createServiceClock, nap, within } from '../../../src/internal/time.ts'

const start = Date.parse('2026-11-22T12:00:00.000Z')
const minutes = 60_000

beforeEach(() => {
  vi.useFakeTimers({ now: start })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('nap', () => {
  it('resolves when the time has passed, not before', async () => {
    const done = vi.fn()
    const napping = nap(1000).then(done)
    await vi.advanceTimersByTimeAsync(999)
    expect(done).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    await napping
    expect(done).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends with the signal at once, and leaves no timer', async () => {
    const stop = new AbortController()
    const napping = nap(1000, stop.signal)
    expect(vi.getTimerCount()).toBe(1)
    stop.abort('enough')
    await napping
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not begin when the signal has aborted already', async () => {
    await nap(1000, AbortSignal.abort('before'))
    expect(vi.getTimerCount()).toBe(0)
  })

  it('lets go of a signal that outlives it', async () => {
    const stop = new AbortController()
    const remove = vi.spyOn(stop.signal, 'removeEventListener')
    const napping = nap(10, stop.signal)
    await vi.advanceTimersByTimeAsync(10)
    await napping
    expect(remove).toHaveBeenCalledWith('abort', expect.any(Function))
    stop.abort()
  })
})

describe('within', () => {
  const late = () => new Error('late')

  it('settles like the work, and leaves no timer', async () => {
    await expect(within(Promise.resolve(7), 1000, {}, late)).resolves.toBe(7)
    await expect(within(Promise.reject('no'), 1000, {}, late)).rejects.toBe('no')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('needs no clock for what is over at once', async () => {
    const set = vi.spyOn(globalThis, 'setTimeout')
    const inMemory = async () => 7
    await expect(within(inMemory(), 1000, {}, late)).resolves.toBe(7)
    expect(set).not.toHaveBeenCalled()
  })

  it('rejects when the time is up, and swallows what the work does later', async () => {
    let fail: (reason: unknown) => void = () => {}
    const work = new Promise<never>((_resolve, reject) => {
      fail = reject
    })
    const outcome = expect(within(work, 1000, {}, late)).rejects.toThrow('late')
    await vi.advanceTimersByTimeAsync(1000)
    await outcome
    // Would be an unhandled rejection, which fails the run.
    fail(new Error('much later'))
    await vi.advanceTimersByTimeAsync(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('rejects with the reason when the signal aborts, before or during the work', async () => {
    const never = new Promise<never>(() => {})
    const stop = new AbortController()
    const outcome = expect(within(never, 1000, { signal: stop.signal }, late)).rejects.toBe('stop')
    stop.abort('stop')
    await outcome
    await expect(within(never, 1000, { signal: AbortSignal.abort('before') }, late)).rejects.toBe('before')
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('within, of work that ends at once', () => {
  it('does not resolve when the signal aborted meanwhile', async () => {
    const stop = new AbortController()
    const work = (async () => {
      await undefined
      stop.abort('stop')
      return 7
    })()
    await expect(within(work, 1000, { signal: stop.signal }, () => new Error('late'))).rejects.toBe('stop')
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('createDeadline', () => {
  it('counts down, never below zero', async () => {
    const deadline = createDeadline(1000, undefined)
    expect(deadline.left()).toBe(1000)
    expect(deadline.passed()).toBe(false)
    await vi.advanceTimersByTimeAsync(999)
    expect(deadline.left()).toBe(1)
    expect(deadline.passed()).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(deadline.passed()).toBe(true)
    await vi.advanceTimersByTimeAsync(5000)
    expect(deadline.left()).toBe(0)
  })

  it('can be taken apart: payment methods of others may do so', () => {
    const { left, passed } = createDeadline(1000, undefined)
    expect([left(), passed()]).toEqual([1000, false])
  })

  it('hands on the signal', () => {
    const { signal } = new AbortController()
    expect(createDeadline(1, signal).signal).toBe(signal)
  })
})

describe('createServiceClock', () => {
  const dated = (date: string | null) => new Headers(date === null ? {} : { date })
  const http = (ms: number) => dated(new Date(ms).toUTCString())
  const setup = () => {
    const skews: number[] = []
    const clock = createServiceClock((skew) => skews.push(skew))
    return { clock, skews }
  }

  it.each([10, -10])('corrects a skew of %i minutes, within the resolution of a second', (offset) => {
    const { clock, skews } = setup()
    clock.observe(http(start + offset * minutes), start)
    expect(Math.abs(clock.skew() - offset * minutes)).toBeLessThanOrEqual(1000)
    expect(clock.now()).toBe(start + clock.skew())
    expect(skews).toEqual([clock.skew()])
  })

  it('does not blame the clock for a slow answer', () => {
    const { clock, skews } = setup()
    vi.setSystemTime(start + 8000)
    clock.observe(http(start + 4000), start)
    expect(clock.skew()).toBe(0)
    expect(skews).toEqual([])
  })

  it.each([1000, -1000, 4000, -4000])('ignores a difference of %i ms', (difference) => {
    const { clock, skews } = setup()
    clock.observe(http(start + difference), start)
    expect(clock.skew()).toBe(0)
    expect(skews).toEqual([])
  })

  it.each([
    ['a year ahead', http(start + 365 * 24 * 60 * minutes)],
    ['a year behind', http(start - 365 * 24 * 60 * minutes)],
    ['16 minutes ahead', http(start + 16 * minutes)],
    ['no date', dated('yesterday')],
    ['nothing', dated('')],
    ['a huge number', dated('9'.repeat(400))],
    ['no header', dated(null)],
  ])('never believes %s', (_name, header) => {
    const { clock, skews } = setup()
    clock.observe(header, start)
    expect(clock.skew()).toBe(0)
    expect(clock.now()).toBe(start)
    expect(skews).toEqual([])
  })

  it('tells of a skew once, however many answers show it', () => {
    const { clock, skews } = setup()
    for (let answers = 0; answers < 20; answers += 1) {
      vi.setSystemTime(start + answers * 777)
      clock.observe(http(Date.now() + 10 * minutes), Date.now() - 300)
    }
    expect(skews).toHaveLength(1)
  })

  it('tells again when the skew really changes, and forgets it when the clocks agree', () => {
    const { clock, skews } = setup()
    clock.observe(http(start + 10 * minutes), start)
    clock.observe(http(start + 2 * minutes), start)
    expect(skews).toHaveLength(2)
    clock.observe(http(start), start)
    expect(clock.skew()).toBe(0)
    expect(skews).toHaveLength(2)
  })
})
