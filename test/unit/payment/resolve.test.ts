// A payment without a clear answer: when its bytes may go out once more, and what proves it dead.
import { describe, expect, it, vi } from 'vitest'
import { createDeadline } from '../../../src/internal/time.ts'
import type { AttemptRecord } from '../../../src/ledger/records.ts'
import { x402 } from '../../../src/methods/x402/x402.ts'
import { paidFor, type Unclear, unclear } from '../../../src/payment/answer.ts'
import { examine, resolveUnknown } from '../../../src/payment/resolve.ts'
import { pass, played, useTestClock } from '../../support/clock.ts'
import {
  accepted,
  createTill,
  job,
  openAttempt,
  receipt,
  recordOf,
  rejected,
  request,
  type Service,
} from './kit.ts'

useTestClock()

const deadline = (ms = 60_000) => createDeadline(ms, undefined)
const upload: Partial<AttemptRecord> = { path: '/api/upload', operation: 'upload' }

/** A client whose chain says whether a payment was taken. */
const onChain = (taken: boolean | undefined, answers: Partial<Service> = {}) =>
  createTill({ payWith: [{ ...x402(), isTaken: async () => taken }] }, answers)

/** A receipt of success, as it is kept. */
const booked = {
  ...{ usd: '0.17', amount: '170000', network: 'x', asset: 'x' },
  payer: 'x',
  payTo: 'x',
  settledAt: 'x',
}

const busy = () => new Response('busy', { status: 503 })

describe('a replay', () => {
  it('is the same bytes, and settles the attempt', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    const [, payment] = handle.record.request?.header ?? []
    const outcome = await examine(till.context, handle, { deadline: deadline(), mayReplay: true })
    expect(outcome).toMatchObject({ kind: 'settled', how: 'replayed', record: { jobId: 'cjob1' } })
    expect(till.paid()).toMatchObject([{ body: request.body, payment }])
    expect(till.wallet.signed.payments).toEqual([])
  })

  it('waits for the job list: what is there already is not asked for again', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    till.service.jobs = [job('cjob5')]
    const outcome = await examine(till.context, handle, { deadline: deadline(), mayReplay: true })
    expect(outcome).toMatchObject({ kind: 'settled', how: 'job-found', record: { jobId: 'cjob5' } })
    expect(till.paid()).toEqual([])
  })

  it.each([
    [291, 0],
    [289, 1],
  ])('is made %i s after the payment %i times: never in the last seconds of its life', async (s, times) => {
    const till = createTill()
    const handle = await openAttempt(till)
    vi.setSystemTime(Date.now() + s * 1000)
    await examine(till.context, handle, { deadline: deadline(), mayReplay: true })
    expect(till.paid()).toHaveLength(times)
  })

  it('is not made of a payment that the chain has seen', async () => {
    const till = onChain(true)
    const handle = await openAttempt(till)
    const outcome = await examine(till.context, handle, { deadline: deadline(), mayReplay: true })
    expect(outcome).toEqual({ kind: 'open' })
    expect(till.paid()).toEqual([])
  })

  it('is not made of a payment that another process has moved', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    const other = await till.context.ledger.find(handle.record.id)
    await other?.update({ inFlightUntil: Date.now() + 5_000 })
    expect(await examine(till.context, handle, { deadline: deadline(), mayReplay: true })).toEqual({
      kind: 'open',
    })
    expect(till.paid()).toEqual([])
  })

  it.each(['insufficient_funds', 'invalid_exact_evm_signature', 'valid_before'])(
    'that is refused (%s) frees nothing: the first one may have gone through',
    async (reason) => {
      const till = createTill({}, { pay: () => rejected(reason) })
      const handle = await openAttempt(till)
      const outcome = await examine(till.context, handle, { deadline: deadline(), mayReplay: true })
      expect(outcome).toMatchObject({ kind: 'open', verdict: { kind: 'rejected' } })
      expect(await recordOf(till, handle)).toMatchObject({ state: 'unknown' })
    },
  )
})

describe('the time of the first replay', () => {
  const first = async (verdict: Unclear) => {
    const till = createTill({}, { pay: busy })
    const handle = await openAttempt(till)
    const began = Date.now()
    await played(resolveUnknown(till.context, handle, { unclear: verdict, deadline: deadline(100_000) }))
    return (till.paid()[0]?.at ?? Number.POSITIVE_INFINITY) - began
  }

  it('is at once after an answer, which says that the service is done with it', async () => {
    expect(await first(unclear('HTTP 503'))).toBeLessThan(100)
  })

  it('is after eight seconds where the request was cut off', async () => {
    const ms = await first(unclear('cut', false))
    expect(ms).toBeGreaterThanOrEqual(8_000)
    expect(ms).toBeLessThan(9_000)
  })

  it('is after 45 seconds where the service was slow', async () => {
    const ms = await first({ ...unclear('slow', false), slow: true })
    expect(ms).toBeGreaterThanOrEqual(45_000)
    expect(ms).toBeLessThan(47_000)
  })

  it('is never where the payment counts as used', async () => {
    expect(await first(paidFor('it counts as used'))).toBe(Number.POSITIVE_INFINITY)
  })

  it('is the last where the service then says that it is used', async () => {
    const till = createTill({}, { pay: () => rejected('invalid_exact_evm_nonce_already_used') })
    const handle = await openAttempt(till)
    const how = { unclear: unclear('HTTP 503'), deadline: deadline(100_000) }
    expect(await played(resolveUnknown(till.context, handle, how))).toEqual({ kind: 'open' })
    expect(till.paid()).toHaveLength(1)
  })
})

describe('resolveUnknown', () => {
  it('ends with the time of its call, and leaves the attempt open', async () => {
    const till = createTill({}, { pay: busy, list: busy })
    const handle = await openAttempt(till)
    const began = Date.now()
    const how = { unclear: unclear('HTTP 503'), deadline: deadline(20_000) }
    expect(await played(resolveUnknown(till.context, handle, how))).toEqual({ kind: 'open' })
    expect(Date.now() - began).toBeLessThanOrEqual(20_000)
  })

  it('ends when its caller aborts', async () => {
    const till = createTill({}, { pay: busy, list: busy })
    const handle = await openAttempt(till)
    const stop = new AbortController()
    const aborting = createDeadline(600_000, stop.signal)
    const running = resolveUnknown(till.context, handle, { unclear: unclear('x'), deadline: aborting })
    await pass(3_000)
    stop.abort()
    expect(await running).toEqual({ kind: 'open' })
  })
})

describe('an authorization that has run out', () => {
  const expired = async (till: ReturnType<typeof createTill>, change: Partial<AttemptRecord> = {}) => {
    const handle = await openAttempt(till, change)
    vi.setSystemTime(handle.record.validBefore * 1000 + 61_000)
    const outcome = await examine(till.context, handle, { deadline: deadline(), mayReplay: true })
    expect(till.paid()).toEqual([])
    return { outcome, record: await recordOf(till, handle) }
  }

  it('is dead when the whole list has no job of it', async () => {
    const { outcome, record } = await expired(createTill())
    expect(outcome).toEqual({ kind: 'free', instead: record.id })
    expect(record.state).toBe('released')
  })

  it('is not dead while the list cannot be read', async () => {
    const { outcome, record } = await expired(createTill({}, { list: busy }))
    expect([outcome, record.state]).toEqual([{ kind: 'open' }, 'unknown'])
  })

  it('is dead when the chain says that it was not used, whatever the list says', async () => {
    const { outcome } = await expired(onChain(false, { list: busy }))
    expect(outcome).toMatchObject({ kind: 'free' })
  })

  it('is not dead when it expired only while the list was read: the job may be younger than the list', async () => {
    const list = () => {
      vi.setSystemTime(Date.now() + 700_000)
      return Response.json({ items: [] })
    }
    const till = createTill({}, { list })
    const handle = await openAttempt(till)
    const outcome = await examine(till.context, handle, { deadline: deadline(), mayReplay: false })
    expect(outcome).toMatchObject({ kind: 'open' })
    expect((await recordOf(till, handle)).state).not.toBe('released')
  })

  it('is not dead where only the answer shows that this clock is ahead of the service’s', async () => {
    const aheadMs = 12 * 60_000
    const list = () => {
      const date = new Date(Date.now() - aheadMs).toUTCString()
      return Response.json({ items: [] }, { headers: { date } })
    }
    const till = createTill({}, { list })
    const handle = await openAttempt(till)
    vi.setSystemTime(handle.record.validBefore * 1000 + 61_000)
    const outcome = await examine(till.context, handle, { deadline: deadline(), mayReplay: false })
    expect([outcome, (await recordOf(till, handle)).state]).toEqual([{ kind: 'open' }, 'unknown'])
  })

  it('is not dead when the chain says that it was used, though no job is listed', async () => {
    const { outcome, record } = await expired(onChain(true))
    expect([outcome, record.state]).toEqual([{ kind: 'open' }, 'unknown'])
  })

  it('is spent, not dead, when a receipt of success was seen', async () => {
    const { outcome, record } = await expired(createTill(), { final: true })
    expect(outcome).toMatchObject({ kind: 'settled', how: 'written-off' })
    expect(record.state).toBe('settled')
  })

  it('is spent when a receipt of success was seen, though a node that lags calls it unused', async () => {
    const known = await expired(onChain(false), { final: true, receipt: booked })
    expect(known.outcome).toMatchObject({ kind: 'settled', how: 'written-off' })
  })

  it('is spent where it paid for an upload: no list shows what became of it', async () => {
    expect((await expired(createTill(), upload)).outcome).toMatchObject({ how: 'written-off' })
    expect((await expired(onChain(false), upload)).outcome).toMatchObject({ kind: 'free' })
  })

  it('has run out only by both clocks, and not in the minute in which it may still settle', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    const ask = () => examine(till.context, handle, { deadline: deadline(), mayReplay: false })
    vi.setSystemTime(handle.record.validBefore * 1000 + 59_000)
    expect(await ask()).toEqual({ kind: 'open' })
    vi.setSystemTime(handle.record.validBefore * 1000 + 120_000)
    // The service's clock is ten minutes behind this one.
    const date = new Date(Date.now() - 600_000).toUTCString()
    till.context.clock.observe(new Headers({ date }), Date.now())
    expect(await ask()).toEqual({ kind: 'open' })
    till.context.clock.observe(new Headers({ date: new Date().toUTCString() }), Date.now())
    expect(await ask()).toMatchObject({ kind: 'free' })
  })
})

describe('an upload', () => {
  it('whose payment counts as used is written off: its ticket was named once', async () => {
    const till = createTill()
    const handle = await openAttempt(till, upload)
    const how = { unclear: paidFor('it counts as used'), deadline: deadline() }
    expect(await played(resolveUnknown(till.context, handle, how))).toMatchObject({ how: 'written-off' })
    expect(till.paid()).toEqual([])
    expect(await recordOf(till, handle)).toMatchObject({ state: 'settled' })
  })

  it('whose payment the chain has seen is left alone while another process may be getting its ticket', async () => {
    const till = onChain(true)
    const handle = await openAttempt(till, upload)
    const how = { deadline: deadline(), mayReplay: false }
    expect(await examine(till.context, handle, how)).toEqual({ kind: 'open' })
    expect(await recordOf(till, handle)).toMatchObject({ state: 'unknown' })
  })

  it('whose payment the chain has seen is written off', async () => {
    const till = onChain(true)
    const outcome = examine(till.context, await openAttempt(till, upload), {
      deadline: deadline(),
      mayReplay: true,
    })
    expect(await outcome).toMatchObject({ how: 'written-off' })
  })

  it('is not settled by the answer to a generation', async () => {
    const till = createTill({}, { pay: () => accepted('cjob1', receipt()) })
    const handle = await openAttempt(till, upload)
    const outcome = await examine(till.context, handle, { deadline: deadline(), mayReplay: true })
    expect(outcome).toMatchObject({ how: 'written-off' })
    expect((await recordOf(till, handle)).jobId).toBeUndefined()
  })
})
