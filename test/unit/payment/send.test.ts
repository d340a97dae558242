// The only file that sends money: what leaves, how often, and what is written down before it does.
import { describe, expect, it } from 'vitest'
import { createDeadline } from '../../../src/internal/time.ts'
import { bytesOf, keepBytes, recordReplay, recordSent, send } from '../../../src/payment/send.ts'
import { useTestClock } from '../../support/clock.ts'
import { failure } from '../../support/studio.ts'
import { accepted, callOf, createTill, openAttempt, receipt, recordOf, rejected, request } from './kit.ts'

useTestClock()

const call = () => ({ deadline: createDeadline(60_000, undefined) })
const signed = { state: 'signed', sentAt: undefined } as const

describe('recordSent', () => {
  it('writes down that the payment leaves before it does', async () => {
    const till = createTill()
    const handle = await openAttempt(till, signed)
    expect(await recordSent(till.context, handle, callOf())).toBe(true)
    const record = await recordOf(till, handle)
    expect(record.state).toBe('sent')
    expect(record.inFlightUntil).toBeGreaterThan(Date.now())
    expect(till.sent).toEqual([])
  })

  it('forbids to send what another process has moved', async () => {
    const till = createTill()
    const handle = await openAttempt(till, signed)
    const other = await till.context.ledger.find(handle.record.id)
    await other?.update({ state: 'released' })
    expect(await recordSent(till.context, handle, callOf())).toBe(false)
    expect(await recordOf(till, handle)).toMatchObject({ state: 'released' })
  })

  it('takes the record back when the call was aborted meanwhile', async () => {
    const till = createTill()
    const handle = await openAttempt(till, signed)
    const aborted = callOf({ signal: AbortSignal.abort('enough') })
    const error = await failure(recordSent(till.context, handle, aborted))
    expect(error).toMatchObject({ code: 'aborted', payment: 'none', cause: 'enough' })
    expect(await recordOf(till, handle)).toMatchObject({ state: 'released' })
  })

  it('sends what is paid already, even where the store fails', async () => {
    const till = createTill()
    const handle = await openAttempt(till, { ...signed, state: 'sent', final: true })
    const failing = { ...handle, record: handle.record, update: () => Promise.reject(new Error('disk full')) }
    expect(await recordSent(till.context, failing, callOf())).toBe(true)
  })
})

describe('recordReplay', () => {
  it('says that a request is in flight, so that equal attempts leave its job alone', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    expect(await recordReplay(handle)).toBe(true)
    expect(await recordOf(till, handle)).toMatchObject({ state: 'sent', inFlightUntil: Date.now() + 9_000 })
  })

  it('refuses without the bytes: nothing is made up', async () => {
    const till = createTill({ keepRequests: false })
    const handle = await openAttempt(till, { request: undefined })
    expect(await recordReplay(handle)).toBe(false)
    expect(await recordOf(till, handle)).toMatchObject({ state: 'unknown' })
  })
})

describe('send', () => {
  it('sends the recorded body and header as they are', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    await send(till.context, handle, call())
    await send(till.context, handle, call())
    const [, value] = handle.record.request?.header ?? []
    expect(till.sent.map(({ body, payment }) => [body, payment])).toEqual(
      Array(2).fill([request.body, value]),
    )
  })

  it('takes the bytes of this process where the store has none', async () => {
    const till = createTill({ keepRequests: false })
    const handle = await openAttempt(till, { request: undefined })
    keepBytes(handle, '{"a":1}', ['PAYMENT-SIGNATURE', 'bytes'])
    await send(till.context, handle, call())
    expect(till.sent).toMatchObject([{ body: '{"a":1}', payment: 'bytes' }])
    const elsewhere = await till.context.ledger.find(handle.record.id)
    expect(elsewhere && bytesOf(elsewhere)).toBeUndefined()
  })

  it.each([
    ['a network error', () => Promise.reject(new TypeError('fetch failed'))],
    ['503', () => new Response('busy', { status: 503, headers: { 'retry-after': '0' } })],
    ['429', () => Response.json({ error: 'slow down' }, { status: 429 })],
  ] as const)('sends once, whatever comes back: %s', async (_name, pay) => {
    const till = createTill({}, { pay })
    const { verdict } = await send(till.context, await openAttempt(till), call())
    expect(verdict).toMatchObject({ kind: 'unclear', alreadyPaid: false })
    expect(till.sent).toHaveLength(1)
  })

  it('follows no redirect', async () => {
    const location = 'https://evil.example/api'
    const till = createTill({}, { pay: () => new Response(null, { status: 307, headers: { location } }) })
    const { verdict } = await send(till.context, await openAttempt(till), call())
    expect(verdict).toMatchObject({ kind: 'unclear', why: 'The answer was a redirect' })
    expect(till.sent).toHaveLength(1)
  })

  it('takes no refusal for a word on money that moved when it was signed', async () => {
    const till = createTill({}, { pay: () => rejected('insufficient_funds') })
    const { verdict } = await send(till.context, await openAttempt(till, { final: true }), call())
    expect(verdict).toMatchObject({ kind: 'unclear' })
  })

  it.each([400, 402, 500])('keeps a receipt of success that comes with %i, for good', async (status) => {
    const pay = () => Response.json({ error: 'no' }, { status, headers: receipt() })
    const till = createTill({}, { pay })
    const handle = await openAttempt(till)
    const { verdict } = await send(till.context, handle, call())
    expect(verdict).toMatchObject({ kind: 'unclear', alreadyPaid: true })
    expect(await recordOf(till, handle)).toMatchObject({ final: true, receipt: { usd: '0.17' } })
    expect(await till.context.ledger.close(handle, 'rejected')).toBe(false)
  })

  it('keeps a receipt of success beside the job of another attempt: the money has moved', async () => {
    const till = createTill()
    await till.context.ledger.bindJob('cjob1', 'att_other')
    const handle = await openAttempt(till)
    const { verdict } = await send(till.context, handle, call())
    expect(verdict).toMatchObject({ kind: 'unclear', alreadyPaid: true })
    expect(await recordOf(till, handle)).toMatchObject({ final: true, receipt: { amount: '170000' } })
  })

  it('believes no answer that names the job of another attempt', async () => {
    const till = createTill({}, { pay: () => accepted('cjob7') })
    await till.context.ledger.bindJob('cjob7', 'att_other')
    const { verdict } = await send(till.context, await openAttempt(till), call())
    expect(verdict).toMatchObject({ kind: 'unclear', alreadyPaid: true })
  })

  it('lets only the method that paid read the receipt', async () => {
    const till = createTill({}, { pay: () => Response.json({}, { status: 500, headers: receipt() }) })
    const { verdict } = await send(till.context, await openAttempt(till, { method: 'another' }), call())
    expect(verdict).toMatchObject({ kind: 'unclear', alreadyPaid: false })
  })

  it('shows no part of the payment that the service repeats', async () => {
    const pay = ({ payment }: { payment: string | null }) => rejected(`unknown_${payment?.slice(0, 60)}`)
    const till = createTill({}, { pay })
    const handle = await openAttempt(till)
    const { verdict } = await send(till.context, handle, call())
    expect(JSON.stringify(verdict)).not.toContain(handle.record.request?.header[1].slice(0, 40))
  })
})
