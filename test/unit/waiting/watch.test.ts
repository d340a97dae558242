// The state of one wait: when the next look may leave, how much it tolerates, and when a person is asked.
import { describe, expect, it, vi } from 'vitest'
import type { Progress } from '../../../src/call.ts'
import type { HttpAnswer } from '../../../src/internal/http.ts'
import {
  createWatch,
  mayRest,
  noteFailure,
  noteJob,
  noteMiss,
  noteNoResult,
  pause,
  putOff,
  type Watch,
} from '../../../src/waiting/watch.ts'
import { flush, pass, playedExactly, useTestClock } from '../../support/clock.ts'
import { callOf, createPersonsPlace, createPlace, operation } from './kit.ts'

useTestClock()

/** The interval that the service publishes for the operation, ms. */
const publishedMs = 5_000

const watching = ({ context, target }: ReturnType<typeof createPlace>, call = callOf()) =>
  createWatch(context, { ...target }, call)

function answer(status: number, headers: Record<string, string> = {}): HttpAnswer {
  const bytes = new Uint8Array()
  return {
    kind: 'answer',
    status,
    headers: new Headers(headers),
    bytes,
    text: () => '',
    json: () => undefined,
  }
}

const failed = { kind: 'failure', reason: 'network', cause: undefined } as const
/** When the next look is due, ms from now. */
async function nextIn(watch: Watch): Promise<number> {
  const began = Date.now()
  await playedExactly(pause(watch))
  return Date.now() - began
}

it('a look that the list stands for comes within an interval, even where the clock is set back', async () => {
  const watch = watching(createPlace())
  await pass(60_000)
  putOff(watch, Date.now())
  vi.setSystemTime(Date.now() - 3_600_000)
  watch.target.createdAt = Date.now() - 60_000
  expect(await nextIn(watch)).toBeLessThanOrEqual(publishedMs)
})

describe('a wait whose job the list shows at work again', () => {
  const shown = { id: 'cjob1', status: 'loading', progress: 10, input: { prompt: 'x' } }
  function seenOnce(timeout: number): Watch {
    const watch = watching(createPlace(), callOf({ timeout }))
    noteJob(watch, shown)
    return watch
  }

  it('rests while it would learn nothing', () => {
    const watch = seenOnce(60_000)
    expect(mayRest(watch, shown)).toBe(true)
    expect(mayRest(watch, { ...shown, progress: 20 })).toBe(false)
    expect(mayRest(watch, { ...shown, status: 'processing' })).toBe(false)
    noteFailure(watch, failed)
    expect(mayRest(watch, shown)).toBe(false)
  })

  it('is woken when its end is near: the last look begins two seconds before it', async () => {
    const watch = seenOnce(publishedMs + 6_000)
    expect(mayRest(watch, shown)).toBe(true)
    await pass(5_000)
    expect(mayRest(watch, shown)).toBe(false)
  })
})

describe('the cap', () => {
  it('holds for every request, however fast they are asked for: of three the last leaves an interval later', async () => {
    const watch = watching(createPlace())
    const sentAt: number[] = []
    for (let request = 0; request < 9; request += 1) {
      await playedExactly(watch.untilFree())
      watch.noteSent()
      sentAt.push(Date.now())
    }
    for (const [at, time] of sentAt.entries())
      if (at >= 2) expect(time - (sentAt[at - 2] ?? 0)).toBeGreaterThanOrEqual(publishedMs)
  })

  it('ends with the call', async () => {
    const stop = new AbortController()
    const watch = watching(createPlace(), callOf({ signal: stop.signal }))
    watch.noteSent()
    watch.noteSent()
    const waiting = watch.untilFree().catch((error) => error)
    stop.abort()
    expect(await waiting).toMatchObject({ code: 'aborted', payment: 'settled' })
  })

  it('is kept after a failure, too', async () => {
    const watch = watching(createPlace())
    watch.noteSent()
    watch.noteSent()
    noteFailure(watch, answer(503))
    watch.retryAt = 0
    expect(await nextIn(watch)).toBe(publishedMs)
  })
})

describe('patience', () => {
  it('doubles from failure to failure up to four times, and starts anew after an answer', async () => {
    const watch = watching(createPlace(), callOf({ timeout: 600_000 }))
    const pauses: number[] = []
    for (let failures = 0; failures < 5; failures += 1) {
      noteFailure(watch, failed)
      pauses.push(watch.retryAt - Date.now())
    }
    expect(pauses).toEqual([2_500, 5_000, 10_000, 10_000, 10_000])
    noteMiss(watch, true)
    noteFailure(watch, failed)
    expect(watch.retryAt - Date.now()).toBe(2_500)
  })

  it.each([
    ['60', 60_000],
    ['0.5', 2_500],
    ['-60', 2_500],
    ['soon', 2_500],
    ['1e400', 2_500],
    ['999999999999', 24 * 60 * 60_000],
  ])('waits for Retry-After: %s', async (header, expected) => {
    const watch = watching(createPlace())
    noteFailure(watch, answer(429, { 'retry-after': header }))
    expect(watch.retryAt - Date.now()).toBe(expected)
  })

  it('reads a Retry-After date by the service’s clock', async () => {
    const place = createPlace()
    const watch = watching(place)
    const date = new Date(Date.now() + 600_000).toUTCString()
    place.context.clock.observe(new Headers({ date }), Date.now())
    noteFailure(watch, answer(503, { 'retry-after': new Date(Date.now() + 630_000).toUTCString() }))
    expect(watch.retryAt - Date.now()).toBeGreaterThan(25_000)
    expect(watch.retryAt - Date.now()).toBeLessThan(35_000)
  })

  it.each([
    ['an own wallet', createPlace, [5, 4]],
    ['a person', createPersonsPlace, [1, 1]],
  ] as const)(
    'of %s ends: with looks that find no job, and with jobs that have no result',
    (_who, make, times) => {
      const watch = watching(make())
      const count = (note: (watch: Watch) => boolean) => {
        let tolerated = 0
        while (note(watch)) tolerated += 1
        return tolerated
      }
      expect([count((one) => noteMiss(one, true)), count(noteNoResult)]).toEqual(times)
    },
  )

  it('takes no refused proof for a failure: only a new one can help', () => {
    const watch = watching(createPersonsPlace())
    watch.held = 'proof'
    noteFailure(watch, failed)
    expect([watch.held, watch.failures]).toEqual(['proof', 1])
    noteFailure(watch, answer(402))
    expect([watch.held, watch.failures]).toEqual([undefined, 0])
  })
})

describe('the next look', () => {
  it('is told as it comes', async () => {
    const told: Progress[] = []
    const watch = watching(createPlace(), callOf({ onProgress: (progress) => void told.push(progress) }))
    const ms = await nextIn(watch)
    expect(told).toMatchObject([{ phase: 'poll', nextPollInMs: ms }])
    expect(ms).toBeGreaterThan(0)
  })

  it('at a bare id is at once', async () => {
    const { context, target } = createPlace()
    const watch = createWatch(context, { id: target.id, createdAt: Date.now() }, callOf())
    expect(await nextIn(watch)).toBe(0)
  })

  it('is taken in the last two seconds of a call that is shorter than the first pause', async () => {
    const watch = watching(createPlace({ operation: 'veo-3.1/generate' }), callOf({ timeout: 6_000 }))
    expect(await nextIn(watch)).toBe(4_000)
  })

  it('of a call that ends while it is asked for patience is not taken', async () => {
    const watch = watching(createPlace(), callOf({ timeout: 6_000 }))
    noteFailure(watch, answer(429, { 'retry-after': '60' }))
    expect(await nextIn(watch)).toBe(6_000)
  })
})

describe('a job that was known by its id alone', () => {
  const bare = (options: Parameters<typeof createPlace>[0] = {}) => {
    const place = createPlace(options)
    const call = callOf({}, '')
    return { ...place, watch: createWatch(place.context, { id: place.job.id, createdAt: Date.now() }, call) }
  }
  const shown = (more: Record<string, unknown>) => ({ id: 'cjob', status: 'loading', ...more })

  it('says by its first look what it is and how old it is', async () => {
    const { watch } = bare()
    const createdAt = new Date(Date.now() - 60_000).toISOString()
    noteJob(watch, shown({ type: 'flux-2-max-generate', createdAt, input: { prompt: 'x' } }))
    expect(watch.target).toMatchObject({ operation, createdAt: Date.now() - 60_000 })
    expect(watch.pace.publishedMs).toBe(publishedMs)
    expect(watch.last).toMatchObject({ status: 'loading', elapsedMs: 60_000 })
  })

  it.each(['tomorrow', null, new Date(Date.now() + 3e9).toISOString()])(
    'is of now where it says %s',
    (createdAt) => {
      const { watch } = bare()
      noteJob(watch, shown({ type: 'flux-2-max-generate', createdAt }))
      expect(watch.target.createdAt).toBe(Date.now())
    },
  )

  it('is dated by this clock where the service’s differs', () => {
    const { watch, context } = bare()
    context.clock.observe(new Headers({ date: new Date(Date.now() + 600_000).toUTCString() }), Date.now())
    noteJob(watch, shown({ type: 'x-y', createdAt: new Date(Date.now() + 590_000).toISOString() }))
    expect(Math.abs(Date.now() - 10_000 - watch.target.createdAt)).toBeLessThan(1_100)
  })
})

describe('a person', () => {
  it('is told once ahead of each prompt', async () => {
    const place = createPersonsPlace()
    const told: { at: string }[] = []
    place.context.events.on('signin.needed', (event) => void told.push(event))
    const watch = watching(place)
    const planned = nextIn(watch)
    expect(told).toHaveLength(1)
    const ms = await planned
    expect(Date.parse(told[0]?.at ?? '')).toBe(Date.now())
    expect(ms).toBeGreaterThan(0)
    await nextIn(watch)
    expect(told).toHaveLength(1)
  })

  it('who looks elsewhere is not asked before the page is in view', async () => {
    const page = Object.assign(new EventTarget(), { visibilityState: 'hidden' })
    vi.stubGlobal('document', page)
    let over = false
    const waiting = pause(watching(createPersonsPlace())).then(() => {
      over = true
    })
    await pass(100_000)
    expect(over).toBe(false)
    page.visibilityState = 'visible'
    page.dispatchEvent(new Event('visibilitychange'))
    await flush()
    expect(over).toBe(true)
    await waiting
  })

  it('who signed already is not asked for another proof, nor told of one', async () => {
    const place = createPersonsPlace()
    const told: unknown[] = []
    place.context.events.on('signin.needed', (event) => void told.push(event))
    const watch = watching(place)
    watch.held = 'proof'
    await nextIn(watch)
    expect(told).toEqual([])
  })
})
