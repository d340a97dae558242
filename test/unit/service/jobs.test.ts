// The job routes: what counts as a job, as done, as the end of the list; and what is handed out of it.
import { describe, expect, it } from 'vitest'
import { createDeadline } from '../../../src/internal/time.ts'
import {
  checkJobId,
  fetchJobPages,
  fitOf,
  jobRefusal,
  progressOf,
  type RawJob,
  readJob,
  requireAnswer,
  standingOf,
  toJobStatus,
} from '../../../src/service/jobs.ts'
import { useTestClock } from '../../support/clock.ts'
import { contextOf } from '../../support/context.ts'
import { all, failure } from '../../support/studio.ts'
import { answer, createDesk } from './kit.ts'

useTestClock()

const url = 'https://assets.example/1.png'
const raw = (more: Record<string, unknown> = {}): RawJob => ({ id: 'cjob1', status: 'complete', ...more })
const deadline = () => createDeadline(60_000, undefined)

describe('a job', () => {
  it.each([null, [], 'x', {}, { id: 'cjob1' }, { status: 'complete' }, { id: '../x', status: 'complete' }])(
    'is not read from %j',
    (body) => {
      expect(readJob(body)).toBeUndefined()
    },
  )

  it.each([
    ['complete', 'complete'],
    ['SUCCEEDED', 'complete'],
    ['failed', 'failed'],
    ['Canceled', 'failed'],
    ['pending', 'working'],
    ['finalizing', 'working'],
    ['', 'working'],
  ])('that is %s stands as %s', (status, standing) => {
    expect(standingOf(raw({ status }))).toBe(standing)
  })

  it('of an unknown state is done only with all of it: 100 percent, and a result', () => {
    const done = { status: 'ready', progress: 100, result: { imageUrl: url } }
    expect(standingOf(raw(done))).toBe('complete')
    expect(standingOf(raw({ ...done, progress: 99 }))).toBe('working')
    expect(standingOf(raw({ ...done, result: null }))).toBe('working')
    expect(standingOf(raw({ ...done, status: 'loading' }))).toBe('working')
  })

  it.each([
    ['its own', 'sora-2-generate', 'fits'],
    ["its model's alone", 'sora-2', 'fits'],
    ['one that no known operation has', 'sora-2-remix', 'fits'],
    ["another model's whose name begins alike", 'sora-2-pro-generate', 'doubtful'],
    ["another model's", 'grok-generate', 'other'],
    ['none', undefined, 'other'],
    ['no text', 2, 'other'],
  ])('whose type is %s: %j, %s', (_whose, type, fit) => {
    expect(fitOf(raw({ type }), 'sora-2/generate')).toBe(fit)
  })

  it.each([
    [-5, 0],
    [140, 100],
    ['50', 0],
    [null, 0],
    [42, 42],
  ])('has a progress of 0 to 100: %j is %i', (progress, shown) => {
    expect(progressOf(raw({ progress }))).toBe(shown)
  })

  it.each([
    'http://a.example/1.png',
    'javascript:alert(1)',
    'https://u:p@a.example/1.png',
    `${url}${'x'.repeat(5_000)}`,
  ])('hands out no address like %.40s', (imageUrl) => {
    expect(toJobStatus(contextOf(), raw({ result: { imageUrl } })).output).toBeUndefined()
  })

  it('hands out no asset before it is done', () => {
    const working = raw({ status: 'loading', result: { imageUrl: url } })
    expect(toJobStatus(contextOf(), working).output).toBeUndefined()
    expect(toJobStatus(contextOf(), { ...working, status: 'complete' }).output?.url).toBe(url)
  })

  it('shows an error without the prompt, and without what was sent', () => {
    const context = contextOf()
    context.secrets.add({ 'SIGN-IN-WITH-X': 'a-proof-that-was-sent' })
    const input = { prompt: 'a secret plan' }
    const error = 'refused: a secret plan, with a-proof-that-was-sent'
    const status = toJobStatus(context, raw({ status: 'failed', input, error }))
    expect(status.error).toContain('refused')
    expect(status.error).not.toMatch(/secret plan|a-proof/)
  })

  it.each([
    ['veo-3.1/generate', {}, 'video'],
    ['tomorrow/generate', { videoUrl: url }, 'video'],
    ['tomorrow/generate', { imageUrl: 'https://a.example/1.svg?x=1' }, 'svg'],
    ['tomorrow/generate', { imageUrl: url }, 'image'],
  ])('of %s with %j is of kind %s', (operation, result, kind) => {
    const status = toJobStatus(contextOf(), raw({ result: { imageUrl: url, ...result } }), { operation })
    expect(status.output?.kind).toBe(kind)
  })

  it.each(['../x', '', 7, null])('id %j is refused before it stands in a path', (id) => {
    expect(() => checkJobId(id)).toThrow(expect.objectContaining({ code: 'invalid_input', payment: 'none' }))
  })
})

describe('the list', () => {
  const pagesOf = async (reply: Parameters<typeof createDesk>[0], query = {}) => {
    const desk = createDesk(reply)
    const pages = await all(fetchJobPages(desk.context, query, deadline))
    return { pages, urls: desk.seen.map((request) => request.url.replace(/^.*\/api/, '')) }
  }

  it('goes on page by page, with its cursor escaped', async () => {
    const { pages, urls } = await pagesOf(
      (_request, count) =>
        Response.json(count === 1 ? { items: [raw()], nextCursor: 'a&b=c' } : { items: [raw(), {}] }),
      { status: 'complete', limit: 2 },
    )
    expect(urls).toEqual(['/jobs?status=complete&limit=2', '/jobs?status=complete&limit=2&cursor=a%26b%3Dc'])
    expect(pages.map((page) => page.length)).toEqual([1, 1])
  })

  it('ends where a cursor comes back', async () => {
    const { urls } = await pagesOf(() => Response.json({ items: [raw()], nextCursor: 'again' }))
    expect(urls).toEqual(['/jobs', '/jobs?cursor=again'])
  })

  it('is not empty where the answer is none', async () => {
    const desk = createDesk(() => Response.json({ jobs: [] }))
    const error = await failure(all(fetchJobPages(desk.context, {}, deadline)))
    expect(error).toMatchObject({ code: 'response_malformed', phase: 'poll' })
  })
})

describe('an answer that is not there', () => {
  const context = contextOf()
  const failed = { kind: 'failure', cause: undefined } as const

  it('is an error of the network, or the caller’s own abort', async () => {
    const network = requireAnswer(context, { ...failed, reason: 'network' }, deadline())
    expect(await failure(network)).toMatchObject({ code: 'network_error', safeToRetry: true })
    const stopped = createDeadline(1_000, AbortSignal.abort('enough'))
    const aborted = requireAnswer(context, { ...failed, reason: 'aborted' }, stopped)
    expect(await failure(aborted)).toMatchObject({ code: 'aborted', cause: 'enough', payment: 'none' })
  })

  it('by 403 is the sign-in’s error only where the service says so', () => {
    expect(jobRefusal(context, answer(403, { error: 'no' }))).toMatchObject({ code: 'signin_refused' })
    expect(jobRefusal(context, answer(403, '<html>'))).toMatchObject({ code: 'service_error', status: 403 })
  })
})
