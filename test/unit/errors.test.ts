import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { ErrorFacts } from '../../src/errors/facts.ts'
import type { StableStudioError } from '../../src/errors.ts'
import * as errors from '../../src/errors.ts'
import * as entry from '../../src/index.ts'

const facts: ErrorFacts = { code: 'service_error', phase: 'quote' }
const money = { limit: '1.00', spent: '0.50', reserved: '0.00', asked: '0.60' }

const job = {
  id: 'job_1',
  operation: 'gpt-image-1/generate',
  pollUrl: '/api/jobs/job_1',
  createdAt: '2026-11-22T12:00:00.000Z',
  attemptId: 'att_1',
  receipt: {
    usd: '0.17',
    amount: '170000',
    network: 'n',
    asset: 'a',
    payer: 'p',
    payTo: 't',
    settledAt: 's',
  },
}

/** One of each class. */
const all: [string, StableStudioError][] = [
  ['StableStudioError', new errors.StableStudioError('x', facts)],
  ['InvalidInputError', new errors.InvalidInputError('x', facts)],
  [
    'UnknownOperationError',
    new errors.UnknownOperationError('x', { ...facts, operation: 'a/b', replacements: ['c/b'] }),
  ],
  ['OfferRefusedError', new errors.OfferRefusedError('x', facts)],
  ['LimitExceededError', new errors.LimitExceededError('x', { ...facts, ...money })],
  ['ApprovalDeniedError', new errors.ApprovalDeniedError('x', facts)],
  ['WalletError', new errors.WalletError('x', facts)],
  [
    'PaymentRejectedError',
    new errors.PaymentRejectedError('x', { ...facts, reason: 'r', category: 'funds' }),
  ],
  ['PaymentUnknownError', new errors.PaymentUnknownError('x', facts)],
  ['JobFailedError', new errors.JobFailedError('x', { ...facts, jobId: 'job_1' })],
  ['JobTimeoutError', new errors.JobTimeoutError('x', { ...facts, jobId: 'job_1', job })],
  ['SignInError', new errors.SignInError('x', facts)],
  ['ServiceError', new errors.ServiceError('x', { ...facts, status: 503 })],
  ['StoreError', new errors.StoreError('x', facts)],
  ['OutputError', new errors.OutputError('x', facts)],
]

/** Where it is not "nothing was paid, call again". */
const usual: Record<string, [payment: string, safeToRetry: boolean]> = {
  StableStudioError: ['none', false],
  UnknownOperationError: ['none', false],
  ServiceError: ['none', false],
  PaymentRejectedError: ['rejected', true],
  PaymentUnknownError: ['unknown', false],
  JobFailedError: ['settled', false],
  JobTimeoutError: ['none', false],
  OutputError: ['settled', false],
}

describe.each(all)('%s', (name, error) => {
  it('is an Error with its own name, also after minification', () => {
    expect(error).toBeInstanceOf(Error)
    expect(error).toBeInstanceOf(errors.StableStudioError)
    expect(error.name).toBe(name)
    expect(String(error)).toBe(`${name}: x`)
    expect(Object.getOwnPropertyDescriptor(error, 'name')?.value).toBe(name)
    expect(error.toJSON()).toMatchObject({ name })
  })

  it('says of the payment and of a retry what is usual for its class', () => {
    const [payment, safeToRetry] = usual[name] ?? ['none', true]
    expect(error).toMatchObject({ payment, safeToRetry, code: 'service_error', phase: 'quote' })
  })

  it('is recognised, and exported from the entry point', () => {
    expect(errors.isStableStudioError(error)).toBe(true)
    expect(Object.keys(entry)).toContain(name)
  })
})

describe('the classes', () => {
  it('are all here', () => {
    const isClass = (value: unknown) =>
      typeof value === 'function' && value.prototype instanceof errors.StableStudioError
    const classes = Object.entries(errors).filter(([, value]) => isClass(value))
    const names = ['StableStudioError', ...classes.map(([name]) => name)]
    expect(names.sort()).toEqual(all.map(([name]) => name).sort())
  })

  it('carry what belongs to them', () => {
    const of = (name: string) => all.find(([one]) => one === name)?.[1]
    expect(of('LimitExceededError')).toMatchObject(money)
    expect(of('PaymentRejectedError')).toMatchObject({ reason: 'r', category: 'funds' })
    expect(of('UnknownOperationError')).toMatchObject({ operation: 'a/b', replacements: ['c/b'] })
    expect(of('JobTimeoutError')).toMatchObject({ jobId: 'job_1', job })
    expect(of('ServiceError')).toMatchObject({ status: 503 })
  })
})

describe('an error', () => {
  it('reads as its message, its details and what to do', () => {
    const error = new errors.WalletError('It failed.', { ...facts, details: 'Because.', hint: 'Do that.' })
    expect(error.message).toBe('It failed.\nBecause.\n→ Do that.')
    expect(error.shortMessage).toBe('It failed.')
  })

  it('has a cause only when it was given one', () => {
    expect('cause' in new errors.WalletError('x', facts)).toBe(false)
    expect(new errors.WalletError('x', { ...facts, cause: undefined })).toHaveProperty('cause', undefined)
    const cause = new Error('y')
    expect(new errors.WalletError('x', { ...facts, cause }).cause).toBe(cause)
  })

  it('becomes JSON with all its facts, and of its cause only the name', () => {
    const cause = new TypeError('SECRET header 0xdeadbeef', { cause: new Error('SECRET deeper') })
    const given = {
      ...facts,
      payment: 'settled',
      safeToRetry: true,
      details: 'd',
      hint: 'h',
      requestId: 'r1',
      attemptId: 'att_1',
      job,
      cause,
    } as const
    const text = JSON.stringify(new errors.ServiceError('x', given))
    expect(text).not.toContain('SECRET')
    expect(text).not.toContain('stack')
    expect(JSON.parse(text)).toEqual({
      name: 'ServiceError',
      code: 'service_error',
      shortMessage: 'x',
      details: 'd',
      hint: 'h',
      phase: 'quote',
      payment: 'settled',
      safeToRetry: true,
      requestId: 'r1',
      attemptId: 'att_1',
      job,
      cause: { name: 'TypeError' },
    })
  })

  it('becomes JSON whatever its cause is', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    for (const cause of ['SECRET', 7n, cycle, Symbol('x'), null, () => 'SECRET']) {
      const text = JSON.stringify(new errors.ServiceError('x', { ...facts, cause }))
      expect(text).not.toContain('SECRET')
      expect(JSON.parse(text).cause).toBeUndefined()
    }
  })

  it('lists the problems of an input, frozen', () => {
    const issues = [
      { path: 'size', message: 'must be auto' },
      { path: '', message: 'must be an object' },
    ]
    const error = new errors.InvalidInputError('Bad.', { ...facts, issues })
    expect(error.message).toBe('Bad.\n- size: must be auto\n- must be an object')
    issues[0] = { path: 'changed', message: 'changed' }
    expect(error.issues[0]).toEqual({ path: 'size', message: 'must be auto' })
    expect(Object.isFrozen(error.issues) && Object.isFrozen(error.issues[0])).toBe(true)
    expect(error.toJSON().issues).toEqual(error.issues)
  })
})

describe('isStableStudioError', () => {
  it('recognises an error of another copy of this package, which instanceof does not', async () => {
    const path = '../../src/errors.ts?copy'
    const copy: typeof errors = await import(/* @vite-ignore */ path)
    const foreign = new copy.WalletError('x', facts)
    expect(copy.WalletError).not.toBe(errors.WalletError)
    expect(foreign).not.toBeInstanceOf(errors.StableStudioError)
    expect(errors.isStableStudioError(foreign)).toBe(true)
    expect(copy.isStableStudioError(new errors.WalletError('x', facts))).toBe(true)
  })

  it.each([
    undefined,
    null,
    'x',
    7,
    {},
    [],
    new Error('x'),
    { name: 'StableStudioError', code: 'aborted' },
    () => 0,
  ])('does not take %s for one', (value) => {
    expect(errors.isStableStudioError(value)).toBe(false)
  })

  it('leaves no trace of its mark in what is shown', () => {
    const error = new errors.WalletError('x', facts)
    expect(inspect(error)).not.toContain('stablestudio.error')
    expect(Object.keys(error)).not.toContain('stablestudio.error')
    expect(JSON.stringify(error)).not.toContain('stablestudio.error')
  })
})
