// `generateImage` with retries, and a fault between every two requests: each picture is paid for once, and none that was
// paid for is dropped.
import { type GenerateImageResult, generateImage } from 'ai'
import { describe, expect, it } from 'vitest'
import { isStableStudioError, type StableStudioError } from '../../src/errors.ts'
import type { Attempt } from '../../src/index.ts'
import type { FaultStep } from '../../src/sandbox/wire/fault-kinds.ts'
import type { Fault } from '../../src/sandbox/wire/fault-types.ts'
import { createProvider, type Provided, png } from '../support/ai.ts'
import { pass, played, useTestClock } from '../support/clock.ts'
import { all, failure } from '../support/studio.ts'
import { named, ways } from '../support/ways.ts'

useTestClock()

const prompt = 'a lighthouse at dusk'

/** One picture of bytes, with more retries than anyone sets. */
const edit = ({ ai }: Provided, more: object = {}) =>
  generateImage({
    model: ai.image('grok'),
    prompt: { text: prompt, images: [png] },
    maxRetries: 5,
    ...more,
  })

const steps: FaultStep[] = ['upload', 'blob', 'confirm', 'quote', 'pay', 'poll', 'output']

/** Pictures paid for; uploads are counted apart. */
const paid = ({ sandbox }: Provided) =>
  sandbox.settlements().filter(({ operation }) => operation !== 'upload').length

/** What was bought can be had: by the error's job, or by what the ledger or `recover()` knows. */
async function reached({ studio, sandbox }: Provided, error: StableStudioError): Promise<number> {
  sandbox.faults.clear()
  await pass(20_000)
  await played(studio.recover())
  const isOpen = ({ state }: Attempt) => state === 'unknown' || state === 'sent'
  if ((await all(studio.payments())).some(isOpen)) {
    await pass(400_000)
    await played(studio.recover())
  }
  const jobs = (await all(studio.payments())).flatMap(({ jobId }) => (jobId ? [jobId] : []))
  if (error.job) expect(jobs).toContain(error.job.id)
  for (const job of jobs) expect((await played(studio.wait(job))).kind).toBe('image')
  return jobs.length
}

/** The client's own tests have them all; a few of each sort are enough here. */
const once = named(ways.filter(({ kind, status }) => kind !== 'slow' && status !== 502))
const forEver = once.filter(
  ([, { kind, status }]) => /^(reset-after|no-answer|truncated)$/.test(kind ?? '') || status === 500,
)
const grid = steps.flatMap((step) => [
  ...once.map(([name, fault]) => ({ step, name, fault, times: 1 })),
  ...forEver.map(([name, fault]) => ({ step, name, fault, times: Number.POSITIVE_INFINITY })),
])

it.each(grid)(
  '$name at $step, $times times: paid once, and never dropped',
  async ({ step, fault, times }) => {
    const provided = createProvider()
    provided.sandbox.faults.add({ step, kind: 'slow', ...fault, times })
    const options = { providerOptions: { stablestudio: { timeout: 100_000 } } }
    const result = await played(edit(provided, options).catch((error: unknown) => error))
    expect(paid(provided)).toBeLessThanOrEqual(1)
    expect(provided.sandbox.settlements().length).toBeLessThanOrEqual(2)
    if (!isStableStudioError(result)) {
      expect((result as GenerateImageResult).images).toHaveLength(1)
      expect(paid(provided)).toBe(1)
      return
    }
    if (paid(provided) === 1) expect(result.attemptId).toMatch(/^att_/)
    expect(await reached(provided, result)).toBe(paid(provided))
  },
)

describe('after settling, with maxRetries 5', () => {
  const onPayment: Partial<Fault>[] = [
    { kind: 'reset-after' },
    { kind: 'status-after', status: 503 },
    { kind: 'status-after', status: 429 },
    { kind: 'no-answer' },
    { kind: 'settlement-failed-charged' },
    { kind: 'receipt-status', status: 500 },
  ]

  it.each(named(onPayment))('%s: three pictures are three payments', async (_name, fault) => {
    const provided = createProvider()
    provided.sandbox.faults.add({ step: 'pay', kind: 'slow', times: 3, ...fault })
    const { images } = await played(
      generateImage({ model: provided.ai.image('grok'), prompt, n: 3, maxRetries: 5 }),
    )
    expect(images).toHaveLength(3)
    expect(provided.sandbox.settlements()).toHaveLength(3)
    const jobs = images.map(({ providerMetadata }) => providerMetadata?.stablestudio?.jobId)
    expect(new Set(jobs).size).toBe(3)
  })
})

describe('of several pictures', () => {
  it.each([
    ['a job that fails', { step: 'poll', kind: 'job-failed' }, /job_failed/],
    ['a payment that is refused', { step: 'pay', kind: 'rejected' }, /payment_rejected/],
  ] as const)('%s takes none of the others with it', async (_name, fault, code) => {
    const provided = createProvider()
    provided.sandbox.faults.add({ ...fault, times: 1 })
    const { images, warnings } = await played(
      generateImage({ model: provided.ai.image('grok'), prompt, n: 3, maxRetries: 5 }),
    )
    expect(images).toHaveLength(2)
    expect(warnings).toMatchObject([{ type: 'other', message: expect.stringMatching(code) }])
    expect(JSON.stringify(warnings)).not.toContain(prompt)
    const done = provided.sandbox.jobs().filter(({ status }) => status === 'complete')
    expect(new Set(images.map((one) => one.providerMetadata?.stablestudio?.jobId))).toEqual(
      new Set(done.map(({ id }) => id)),
    )
  })

  it('all of which fail: the error is the gravest one, and has the others with their jobs', async () => {
    const provided = createProvider({ limits: { total: '0.15' } })
    provided.sandbox.faults.add({ step: 'output', kind: 'status', times: Number.POSITIVE_INFINITY })
    const error = await played(
      failure(generateImage({ model: provided.ai.image('grok'), prompt, n: 3, maxRetries: 5 })),
    )
    expect(error).toMatchObject({ name: 'OutputError', payment: 'settled' })
    const { errors } = error as { errors: StableStudioError[] }
    expect(errors.map(({ name }) => name).sort()).toEqual([
      'LimitExceededError',
      'OutputError',
      'OutputError',
    ])
    const jobs = errors.flatMap(({ job }) => (job ? [job.id] : []))
    expect(new Set(jobs)).toEqual(new Set(provided.sandbox.jobs().map(({ id }) => id)))
    expect(provided.sandbox.settlements()).toHaveLength(2)
    provided.sandbox.faults.clear()
    for (const job of jobs) await (await played(provided.studio.wait(job))).bytes()
  })

  it('fifty calls at once keep within the limits', async () => {
    const provided = createProvider({ limits: { total: '1.00' } })
    const calls = Array.from({ length: 50 }, () =>
      generateImage({ model: provided.ai.image('grok'), prompt, maxRetries: 5 }).catch(
        (error: StableStudioError) => error.code,
      ),
    )
    const results = await played(Promise.all(calls))
    expect(results.filter((one) => one === 'limit_total')).toHaveLength(36)
    expect(provided.sandbox.settlements()).toHaveLength(14)
  })
})
