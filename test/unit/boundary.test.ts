// Where errors leave the client: once money has moved, no class and no code leads its reader to pay again.

import { readdir, readFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { bounded } from '../../src/boundary.ts'
import type { Trace } from '../../src/call.ts'
import type { ErrorCode } from '../../src/errors/facts.ts'
import * as errors from '../../src/errors.ts'
import { createDeadline } from '../../src/internal/time.ts'
import { expectSafeAdvice, misleading } from '../support/advice.ts'
import { contextOf } from '../support/context.ts'
import { failure } from '../support/studio.ts'

const source = (path: string) => readFile(new URL(`../../src/${path}`, import.meta.url), 'utf8')
const files = (await readdir(new URL('../../src/', import.meta.url), { recursive: true })).filter((file) =>
  file.endsWith('.ts'),
)
const union = (await source('errors/facts.ts')).split('export type ErrorCode =')[1]?.split('\n\n')[0] ?? ''
const codes = [...union.matchAll(/'([a-z_]+)'/g)].map(([, code]) => code as ErrorCode)

type ErrorClass = new (message: string, facts: never) => errors.StableStudioError
const classes = Object.entries(errors).flatMap(([name, one]): [string, ErrorClass][] => {
  const isClass = one === errors.StableStudioError || one.prototype instanceof errors.StableStudioError
  return isClass ? [[name, one as unknown as ErrorClass]] : []
})

const job = {
  id: 'job_1',
  operation: 'gpt-image-1/generate',
  pollUrl: '',
  createdAt: '2026-11-22T12:00:00.000Z',
  attemptId: 'att_1',
  receipt: {} as never,
}

const deadline = createDeadline(1_000, undefined)
const more = { reason: '', category: 'funds', operation: '', replacements: [], jobId: 'job_1' }
const limits = { limit: '', spent: '', reserved: '', asked: '' }

/** What leaves when an error that knows of no payment ends a call that has made one. */
async function leaving(error: unknown, trace: Trace): Promise<errors.StableStudioError> {
  return bounded(contextOf(), { deadline, trace }, () => Promise.reject(error)).catch((one) => one)
}

describe.each(classes)('%s, once money has moved', (_name, ErrorClass) => {
  const bad = 'Nothing was signed. Call again, try again later, raise the limit, and pay again.'
  const traces: Trace[] = (['sent', 'settled', 'unknown'] as const).flatMap((payment) =>
    [job, undefined].flatMap((one) =>
      [true, false].map((keyed) => ({
        phase: 'poll' as const,
        payment,
        attemptId: 'att_1',
        job: one,
        keyed,
      })),
    ),
  )

  it.each(codes)('with the code %s leads to what was paid for', async (code) => {
    for (const trace of traces) {
      const facts = {
        ...more,
        ...limits,
        code,
        phase: 'poll',
        payment: 'none',
        safeToRetry: true,
        hint: bad,
      } as const
      const error = await leaving(new ErrorClass('x', facts as never), { ...trace })
      expect(error).toBeInstanceOf(ErrorClass)
      expect(error).toMatchObject({ code, payment: trace.payment, attemptId: 'att_1' })
      expect(error.hint).toMatch(trace.job ? /wait\(error\.job\)/ : /recover\(\)/)
      // Only a key makes the same call the same attempt.
      expect(error.safeToRetry).toBe(trace.keyed && !trace.job)
      expectSafeAdvice(error)
      expect(String(error.toJSON().hint)).not.toMatch(misleading)
    }
  })
})

describe('what is no error of the package', () => {
  it.each([new TypeError('x is not a function'), 'text', null, undefined, 7, { odd: true }])(
    'leaves as one, with attempt and job: %s',
    async (thrown) => {
      const trace: Trace = { phase: 'poll', payment: 'settled', attemptId: 'att_1', job, keyed: false }
      const error = await leaving(thrown, trace)
      expect(error).toMatchObject({
        code: 'internal',
        phase: 'poll',
        attemptId: 'att_1',
        job,
        payment: 'settled',
      })
      expect(error.safeToRetry).toBe(false)
      expectSafeAdvice(error)
    },
  )

  it('before anything was paid says so', async () => {
    const error = await leaving(new TypeError('x'), { phase: 'input', payment: 'none', keyed: false })
    expect(error).toMatchObject({ code: 'internal', payment: 'none', safeToRetry: true })
    expect((error.cause as Error).message).toBe('x')
  })

  it('keeps the place in its stack', async () => {
    const trace: Trace = { phase: 'poll', payment: 'settled', attemptId: 'att_1', keyed: false }
    const { cause } = await leaving(new TypeError('x'), trace)
    expect((cause as Error).stack).toContain('boundary.test')
  })
})

describe('an error that knows of its payment', () => {
  it('that was refused stays refused, even after another one was sent', async () => {
    const facts = { code: 'payment_rejected', phase: 'pay', payment: 'rejected', safeToRetry: true } as const
    const refused = new errors.PaymentRejectedError('x', { ...facts, reason: '', category: 'funds' })
    const trace: Trace = { phase: 'pay', payment: 'unknown', attemptId: 'att_1', keyed: false }
    expect(await leaving(refused, trace)).toMatchObject({ payment: 'rejected', safeToRetry: true })
  })

  it.each(files)('in %s is written without advice to pay again', async (file) => {
    const text = await source(file)
    for (const [block] of text.matchAll(/new \w+Error\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/g)) {
      if (!/payment: '(settled|unknown|sent)'/.test(block)) continue
      for (const [, hint] of block.matchAll(/hint:\s*['"`]([^'"`]+)/g)) expect(hint).not.toMatch(misleading)
    }
  })
})

describe('an error of another place', () => {
  const trace: Trace = { phase: 'poll', payment: 'settled', attemptId: 'att_1', job, keyed: false }
  const foreign = () => {
    const facts = { code: 'store_failed', phase: 'check', safeToRetry: true, hint: 'Call again.' } as const
    return new errors.StoreError('x', { ...facts, attemptId: 'att_2' })
  }

  it('that repeats what was sent does not show it', async () => {
    const context = contextOf()
    const proof = 'c2lnbmVkIGJ5IHRoZSB3YWxsZXQgYW5kIG5vIG9uZSBlbHNl'
    context.secrets.add({ 'SIGN-IN-WITH-X': proof })
    const thrown = new TypeError(`bad header ${proof}`)
    const error = await failure(bounded(context, { deadline, trace }, () => Promise.reject(thrown)))
    expect(inspect(error, { depth: 9 })).not.toContain(proof.slice(8, 32))
  })

  it('that is frozen tells of the payment all the same', async () => {
    const facts = { code: 'store_failed', phase: 'check', safeToRetry: true, hint: 'Call again.' } as const
    const error = await leaving(Object.freeze(new errors.StoreError('x', facts)), trace)
    expect(error).toBeInstanceOf(errors.StoreError)
    expect(error).toMatchObject({ payment: 'settled', attemptId: 'att_1', job, safeToRetry: false })
    expectSafeAdvice(error)
  })

  it('that the call was aborted with is its cause only', async () => {
    const other = foreign()
    const abort = new AbortController()
    abort.abort(other)
    const call = { deadline: createDeadline(1_000, abort.signal), trace }
    const error = await failure(bounded(contextOf(), call, () => Promise.reject(other)))
    expect(error).toMatchObject({ code: 'aborted', attemptId: 'att_1', job, cause: other })
    expect(other).toMatchObject({ attemptId: 'att_2', payment: 'none', job: undefined })
  })
})
