// What the answer to a paid request decides.
import { describe, expect, it } from 'vitest'
import type { HttpResult } from '../../../src/internal/http.ts'
import { judge, readAcceptedJob, readTicket } from '../../../src/payment/answer.ts'
import { isJobId } from '../../../src/service/requests.ts'
import { answer, verdictOn } from './answers.ts'

describe('the answer to a paid request', () => {
  const job = { jobId: 'job_1', status: 'pending', type: 'gpt-image-1-generate', success: true }

  it.each([200, 201, 202, 203, 299])('is accepted as %i with a job', (status) => {
    expect(verdictOn(answer(status, job))).toEqual({ kind: 'accepted', delivery: { jobId: 'job_1' } })
    expect(verdictOn(answer(status, job), { success: true }).kind).toBe('accepted')
    expect(verdictOn(answer(200, { jobId: 'job_1' })).kind).toBe('accepted')
  })

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['an empty object', {}],
    ['no JSON', '<html>OK</html>'],
    ['a cut-off answer', '{"jobId":"job_'],
    ['a job that failed', { ...job, success: false }],
    ['a job id that cannot stand in a URL', { jobId: '../jobs' }],
    ['a job id with a line break', { jobId: 'job_1\n' }],
    ['a job id as a number', { jobId: 7 }],
    ['an empty job id', { jobId: '' }],
    ['a long job id', { jobId: 'j'.repeat(129) }],
    ['an inherited job id', '{"__proto__":{"jobId":"job_1"}}'],
    ['a list', [job]],
  ])('is unclear as 200 with %s: the money may have moved', (_name, body) => {
    expect(verdictOn(answer(200, body))).toMatchObject({
      kind: 'unclear',
      answered: true,
      alreadyPaid: false,
    })
  })

  it.each([400, 422])('is invalid input as %i in JSON; a page is no word of the service', (status) => {
    for (const body of [{}, { success: false, error: 'Validation failed', issues: [] }])
      expect(verdictOn(answer(status, body))).toEqual({ kind: 'invalid' })
    for (const body of ['', '<html>', '"text"', '[]', 'null', '{"cut":'])
      expect(verdictOn(answer(status, body))).toMatchObject({ kind: 'unclear' })
  })

  it.each([200, 201, 400, 402, 403, 410, 422, 429, 500, 503])(
    'is paid for as %i with a receipt of success, whatever it says',
    (status) => {
      const bodies = ['', '<html>', { success: false }, { reason: 'insufficient_funds' }]
      for (const body of bodies) {
        const receipt = { success: true, transaction: `0x${'ab'.repeat(32)}` }
        expect(verdictOn(answer(status, body), receipt)).toMatchObject({ kind: 'unclear', alreadyPaid: true })
      }
    },
  )

  it('is paid for when its body breaks off after a receipt of success', () => {
    const cut: HttpResult = { kind: 'failure', reason: 'network', cause: undefined, status: 200 }
    expect(verdictOn(cut, { success: true })).toMatchObject({ kind: 'unclear', alreadyPaid: true })
    expect(verdictOn(cut, { success: false })).toMatchObject({ kind: 'unclear', alreadyPaid: false })
  })

  it('is not rejected while a transaction, of whatever form, may be confirmed yet', () => {
    const body = { reason: 'insufficient_funds' }
    expect(verdictOn(answer(402, body), { success: false, pending: true }).kind).toBe('unclear')
    expect(verdictOn(answer(402, body), { success: false, pending: false }).kind).toBe('rejected')
  })

  it.each([0, 301, 302, 304, 307, 308, 401, 403, 404, 405, 408, 409, 413, 418, 429, 500, 502, 503, 504, 520])(
    'is unclear as %i, even with a job or a reason in it',
    (status) => {
      for (const body of ['', job, { reason: 'insufficient_funds' }, { error: 'Settlement failed' }]) {
        expect(verdictOn(answer(status, body))).toMatchObject({ kind: 'unclear', answered: true })
        expect(verdictOn(answer(status, body), { success: true })).toMatchObject({ kind: 'unclear' })
      }
    },
  )

  it('says that the settlement failed', () => {
    const verdict = verdictOn(answer(500, { success: false, error: 'Settlement failed' }))
    expect(verdict).toMatchObject({ kind: 'unclear', why: 'The answer was HTTP 500 (settlement failed)' })
  })

  it('is unclear as a fresh challenge without a reason', () => {
    for (const body of [
      '',
      {},
      { error: 'x' },
      { reason: 7 },
      { reason: null },
      [{ reason: 'insufficient_funds' }],
    ]) {
      expect(verdictOn(answer(402, body))).toMatchObject({ kind: 'unclear', alreadyPaid: false })
    }
  })

  it('is not rejected because the settlement succeeded with an odd reason', () => {
    expect(verdictOn(answer(402, { reason: 'odd' }), { success: true }).kind).toBe('unclear')
  })

  it('never repeats more than a little of what the service said', () => {
    const verdict = verdictOn(answer(402, { reason: `z${'x'.repeat(100_000)}` }))
    expect(verdict.kind === 'unclear' && verdict.why.length).toBeLessThan(120)
  })

  it.each(['network', 'timeout', 'aborted', 'too_large'] as const)(
    'is unclear when there is none: %s',
    (reason) => {
      expect(verdictOn({ kind: 'failure', reason, cause: undefined })).toMatchObject({
        kind: 'unclear',
        answered: false,
      })
      expect(verdictOn({ kind: 'failure', reason, cause: undefined, status: 200 })).toMatchObject({
        kind: 'unclear',
        answered: true,
      })
    },
  )
})

describe('a job id', () => {
  it('is letters, digits, dash and underscore', () => {
    for (const id of ['job_1', 'cmh-A_9', 'x'.repeat(128)]) expect(isJobId(id)).toBe(true)
    for (const id of [
      '',
      'a/b',
      'a.b',
      '..',
      'a b',
      'a\n',
      'ä',
      'x'.repeat(129),
      7,
      null,
      ['a'],
      { id: 'a' },
    ]) {
      expect(isJobId(id)).toBe(false)
    }
  })

  it('comes with the URL that the service names', () => {
    expect(readAcceptedJob({ jobId: 'a', pollUrl: '/api/jobs/a' })).toEqual({
      jobId: 'a',
      pollUrl: '/api/jobs/a',
    })
    expect(readAcceptedJob({ jobId: 'a', pollUrl: 7 })).toEqual({ jobId: 'a', pollUrl: undefined })
  })
})

describe('the leave to upload', () => {
  const ticket = {
    uploadId: 'u1',
    clientToken: 't',
    pathname: 'p/a.png',
    expiresAt: '2026-11-22T13:00:00.000Z',
  }

  it('is what a paid upload delivers', () => {
    expect(readTicket({ ...ticket, novelty: 1 })).toEqual({ ticket })
    const verdict = judge(answer(200, ticket), undefined, readTicket)
    expect(verdict).toEqual({ kind: 'accepted', delivery: { ticket } })
  })

  it.each(Object.keys(ticket))('is none without its %s, and the money may have moved', (name) => {
    const body = Object.fromEntries(Object.entries(ticket).filter(([one]) => one !== name))
    expect(readTicket(body)).toBeUndefined()
    expect(judge(answer(200, body), undefined, readTicket)).toMatchObject({ kind: 'unclear' })
  })
})
