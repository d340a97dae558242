// Whose job is it? A wrong answer hands one payer's job to another payment, or calls a paid attempt dead.
import { describe, expect, it, vi } from 'vitest'
import { createDeadline } from '../../../src/internal/time.ts'
import { type AttemptHandle, hashFields } from '../../../src/ledger/attempt.ts'
import type { AttemptRecord } from '../../../src/ledger/records.ts'
import { findJob } from '../../../src/payment/find-job.ts'
import { generationRequest } from '../../../src/payment/price.ts'
import { createSurvey } from '../../../src/payment/survey.ts'
import { useTestClock } from '../../support/clock.ts'
import { createTill, input, job, openAttempt, operation, payTo, type Till, transaction } from './kit.ts'

useTestClock()

const find = ({ context }: Till, handle: AttemptHandle) =>
  findJob(context, handle, createDeadline(60_000, undefined))
const found = (jobId: string) => ({ listed: true, delivery: { jobId } })
const ago = (ms: number) => new Date(Date.now() - ms).toISOString()
const receipt = { ...{ usd: '0.17', amount: '170000', network: 'x', asset: 'x' }, payer: 'x', payTo: 'x' }
const paid = { receipt: { ...receipt, transaction, settledAt: 'x' } } as const

it('is left to an equal attempt that was in flight when the list was read, however long ago that was', async () => {
  const till = createTill()
  const handle = await openAttempt(till)
  await openAttempt(till, { state: 'sent', inFlightUntil: Date.now() + 5_000 })
  till.service.jobs = [job('cjob1')]
  const deadline = createDeadline(600_000, undefined)
  const survey = createSurvey(till.context, Date.now() - 60_000, deadline)
  await survey.others()
  vi.setSystemTime(Date.now() + 60_000)
  expect(await findJob(till.context, handle, deadline, survey)).toEqual({ listed: false })
})

describe('a job with the input of the attempt', () => {
  it('is its own, from then on', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    till.service.jobs = [job('cjob1')]
    expect(await find(till, handle)).toMatchObject(found('cjob1'))
    expect(await till.context.ledger.ownerOfJob('cjob1')).toBe(handle.record.id)
    till.service.jobs = []
    expect(await find(till, handle)).toEqual({ listed: true })
  })

  it('is its own still when a process died between binding and booking it, whatever it shows of its input', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    await till.context.ledger.bindJob('cjob1', handle.record.id)
    till.service.jobs = [job('cjob1', { input: null })]
    expect(await find(till, handle)).toMatchObject(found('cjob1'))
  })

  it('is found by hashes of the input, where the request is not kept', async () => {
    const till = createTill()
    const inputHashes = hashFields(input, till.wallet.address)
    const handle = await openAttempt(till, { request: undefined, inputHashes })
    till.service.jobs = [job('cjob2', { input: { ...input, prompt: 'another' } }), job('cjob1')]
    expect(await find(till, handle)).toMatchObject(found('cjob1'))
  })

  it.each<[string, Record<string, unknown>]>([
    ['another prompt', { input: { ...input, prompt: 'a lighthouse at dawn' } }],
    ['a field less', { input: { prompt: input.prompt, size: input.size } }],
    ['no input', { input: null }],
    ['another model', { type: 'gpt-image-2-generate' }],
  ])('is not one with %s', async (_name, change) => {
    const till = createTill()
    const handle = await openAttempt(till)
    till.service.jobs = [job('cjob1', change)]
    expect(await find(till, handle)).toEqual({ listed: true })
    expect(await till.context.ledger.ownerOfJob('cjob1')).toBeUndefined()
  })

  it('is neither taken nor ruled out when its type is that of another operation whose name begins alike', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    till.service.jobs = [job('cjob1', { type: 'gpt-image-1.5-generate' })]
    expect(await find(till, handle)).toEqual({ listed: false })
    expect(await till.context.ledger.ownerOfJob('cjob1')).toBeUndefined()
    await till.context.ledger.bindJob('cjob1', 'att_of_the_other')
    expect(await find(till, handle)).toEqual({ listed: true })
  })

  it('is not one that was made before the payment left', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    till.service.jobs = [job('cjob1', { createdAt: ago(11_000) })]
    expect(await find(till, handle)).toEqual({ listed: true })
  })

  it('is not one that belongs to another attempt', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    await till.context.ledger.bindJob('cjob1', 'att_other')
    till.service.jobs = [job('cjob1')]
    expect(await find(till, handle)).toEqual({ listed: true })
  })
})

describe('equal attempts', () => {
  it('share out their jobs, the oldest first, and none twice', async () => {
    const till = createTill()
    const [one, two] = [await openAttempt(till), await openAttempt(till)]
    till.service.jobs = [job('cjob2'), job('cjob1', { createdAt: ago(3_000) })]
    expect(await find(till, one)).toMatchObject(found('cjob1'))
    expect(await find(till, two)).toMatchObject(found('cjob2'))
  })

  const claims: [string, () => Partial<AttemptRecord>][] = [
    ['has a request in flight', () => ({ state: 'sent', inFlightUntil: Date.now() + 5_000 })],
    ['is known to be paid', () => paid],
  ]

  it.each(claims)('leave a job alone that may be of the one that %s', async (_name, claim) => {
    const till = createTill()
    const handle = await openAttempt(till)
    await openAttempt(till, claim())
    till.service.jobs = [job('cjob1')]
    expect(await find(till, handle)).toEqual({ listed: false })
    expect(await till.context.ledger.ownerOfJob('cjob1')).toBeUndefined()
  })

  it.each(claims)('take a job that is older than the request of the one that %s', async (_name, claim) => {
    const till = createTill()
    const handle = await openAttempt(till)
    const createdAt = new Date(Date.now() + 1_000).toISOString()
    vi.setSystemTime(Date.now() + 20_000)
    await openAttempt(till, claim())
    till.service.jobs = [job('cjob1', { createdAt })]
    expect(await find(till, handle)).toMatchObject(found('cjob1'))
  })

  it('that are both paid hold each other up no longer', async () => {
    const till = createTill()
    const handle = await openAttempt(till, paid)
    await openAttempt(till, paid)
    till.service.jobs = [job('cjob1')]
    expect(await find(till, handle)).toMatchObject(found('cjob1'))
  })

  it('count as equal where the input of one is not known', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    const hidden = { state: 'sent', request: undefined, inFlightUntil: Date.now() + 5_000 } as const
    await openAttempt(till, hidden)
    till.service.jobs = [job('cjob1')]
    expect(await find(till, handle)).toEqual({ listed: false })
  })

  it('do not wait for one that asks for something else', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    const other = generationRequest(operation, { ...input, prompt: 'another' })
    await openAttempt(till, { state: 'sent', inFlightUntil: Date.now() + 5_000 }, other)
    till.service.jobs = [job('cjob1')]
    expect(await find(till, handle)).toMatchObject(found('cjob1'))
  })
})

describe('a list proves that there is no job only when', () => {
  it('it is the payer’s', async () => {
    const till = createTill()
    const handle = await openAttempt(till, { payer: payTo })
    expect(await find(till, handle)).toEqual({ listed: false })
    expect(till.sent).toEqual([])
  })

  it.each<[string, () => Response | Promise<Response>]>([
    ['an error', () => new Response('busy', { status: 503 })],
    ['a page', () => new Response('<html>')],
    ['a network error', () => Promise.reject(new TypeError('fetch failed'))],
    ['no list', () => Response.json({ ok: true })],
  ])('it could be read: not after %s', async (_name, list) => {
    const till = createTill({}, { list })
    expect(await find(till, await openAttempt(till))).toEqual({ listed: false })
  })

  it('every job in it has a date', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    till.service.jobs = [job('cjob1', { createdAt: 'yesterday', input: {} })]
    expect(await find(till, handle)).toEqual({ listed: false })
  })

  it('it ends: not when it goes round, or on without anything new', async () => {
    for (const items of [[job('cjob9', { input: {} })], []]) {
      let cursor = 0
      const list = () => Response.json({ items, nextCursor: `c${++cursor}` })
      const till = createTill({}, { list })
      expect(await find(till, await openAttempt(till))).toEqual({ listed: false })
      expect(till.sent.length).toBeLessThan(5)
    }
  })

  it('it reaches back to the payment, page by page', async () => {
    const pages = [[job('cjob3', { input: {} })], [job('cjob2', { input: {} })], [job('cjob1')]]
    const list = () => Response.json({ items: pages.shift() ?? [], nextCursor: `c${pages.length}` })
    const till = createTill({}, { list })
    expect(await find(till, await openAttempt(till))).toMatchObject(found('cjob1'))
  })
})

it('an upload leaves no job, so no list is asked for it', async () => {
  const till = createTill()
  const handle = await openAttempt(till, { path: '/api/upload' })
  till.service.jobs = [job('cjob1')]
  expect(await find(till, handle)).toEqual({ listed: true })
  expect(till.sent).toEqual([])
})
