// `approve`: nothing but `true`, in time, lets a payment be signed.
import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StableStudioClient } from '../../../src/client.ts'
import { createSandbox } from '../../../src/entries/sandbox.ts'
import { ApprovalDeniedError } from '../../../src/errors.ts'
import { createDeadline } from '../../../src/internal/time.ts'
import { askApproval } from '../../../src/payment/policy.ts'
import type { Approve, ProposedPayment } from '../../../src/types.ts'
import { asset, payTo } from '../ledger/kit.ts'
import { known, offer, other } from './offers.ts'

describe('approve', () => {
  const payment: ProposedPayment = {
    operation: known,
    usd: '0.17',
    amount: 170_000n,
    network: offer.network,
    asset,
    payTo,
    protocol: 'x402',
    attemptId: 'att_1',
  }
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  const ask = (approve: unknown, ms = 300_000, signal?: AbortSignal) =>
    askApproval(approve as Approve, payment, createDeadline(ms, signal))

  it('allows with true, now or later, and when there is none', async () => {
    await ask(undefined)
    await ask(() => true)
    await ask(async () => true)
    const slow = ask(() => new Promise((resolve) => setTimeout(() => resolve(true), 60_000)))
    await vi.advanceTimersByTimeAsync(60_000)
    await slow
  })

  it.each<[string, unknown]>([
    ['false', false],
    ['1', 1],
    ["'true'", 'true'],
    ['an object', {}],
    ['a boxed true', Object(true)],
    ['nothing', undefined],
    ['null', null],
    ['a function', () => true],
  ])('denies with %s', async (_name, answer) => {
    for (const approve of [() => answer, async () => answer]) {
      const error = await ask(approve).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(ApprovalDeniedError)
      expect(error).toMatchObject({ code: 'approval_denied', payment: 'none', safeToRetry: true })
    }
  })

  it('denies with what it throws as the cause', async () => {
    const cause = new Error('the dialog crashed')
    const throwing = () => {
      throw cause
    }
    for (const approve of [throwing, () => Promise.reject(cause)]) {
      const error = await ask(approve).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(ApprovalDeniedError)
      expect(error).toMatchObject({ cause })
      expect(String(error)).not.toContain('crashed')
    }
  })

  it('denies when it never answers, at the deadline of the call', async () => {
    const outcome = expect(ask(() => new Promise(() => {}), 60_000)).rejects.toBeInstanceOf(
      ApprovalDeniedError,
    )
    await vi.advanceTimersByTimeAsync(60_000)
    await outcome
  })

  it('denies when it never answers, after ten minutes at the latest', async () => {
    const outcome = expect(ask(() => new Promise(() => {}), 3_600_000)).rejects.toBeInstanceOf(
      ApprovalDeniedError,
    )
    await vi.advanceTimersByTimeAsync(600_000)
    await outcome
  })

  it('does not allow any more once it has been denied for being late', async () => {
    let answer: (value: boolean) => void = () => {}
    const work = ask(
      () =>
        new Promise((resolve) => {
          answer = resolve
        }),
      1000,
    )
    const outcome = expect(work).rejects.toBeInstanceOf(ApprovalDeniedError)
    await vi.advanceTimersByTimeAsync(1000)
    answer(true)
    await outcome
  })

  it('ends with the reason when the call is aborted', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const outcome = expect(ask(() => new Promise(() => {}), 60_000, stop.signal)).rejects.toBe(reason)
    stop.abort(reason)
    await outcome
  })

  it('is given a frozen copy', async () => {
    let given: ProposedPayment | undefined
    await ask((snapshot: ProposedPayment) => {
      given = snapshot
      return true
    })
    expect(given).toEqual(payment)
    expect(given).not.toBe(payment)
    expect(Object.isFrozen(given)).toBe(true)
  })

  it('that tries to change the payment denies it by throwing', async () => {
    const greedy = (snapshot: ProposedPayment) => {
      Object.assign(snapshot, { amount: 1n, payTo: other })
      return true
    }
    await expect(ask(greedy)).rejects.toBeInstanceOf(ApprovalDeniedError)
    expect(payment).toMatchObject({ amount: 170_000n, payTo })
  })
})

it('pays what was offered, whatever approve tries with its copy', async () => {
  const sandbox = createSandbox()
  const wallet = privateKeyToAccount('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d')
  sandbox.fund(wallet.address, '5')
  const approve = (payment: ProposedPayment) => {
    Reflect.set(payment, 'amount', 1n)
    Reflect.set(payment, 'payTo', other)
    Reflect.defineProperty(payment, 'usd', { value: '0.00' })
    return Reflect.deleteProperty(payment, 'asset') || payment.amount > 1n
  }
  const studio = new StableStudioClient({ wallet, fetch: sandbox.fetch, approve })
  const quote = await studio.quote(known, { prompt: 'a lighthouse' })
  const job = await studio.submit(known, { prompt: 'a lighthouse' })
  expect(sandbox.settlements()).toHaveLength(1)
  expect(sandbox.settlements()[0]).toMatchObject({ amount: quote.amount.toString(), to: quote.payTo })
  expect(job.receipt).toMatchObject({ usd: quote.usd, payTo: quote.payTo, asset: quote.asset })
})
