// Every kind of fault at least once: what the client sees, and what happened all the same.
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Fault, FaultKind, FaultStep } from '../../../src/entries/sandbox.ts'
import { body, buy, decoded, generateUrl, get, offerOf, origin, pay, post, setup } from './kit.ts'

type Kit = ReturnType<typeof setup>

afterEach(() => void vi.useRealTimers())

/** A signed payment, ready to be sent as often as one likes. */
async function prepare(): Promise<{ kit: Kit; send: (signal?: AbortSignal) => Promise<Response> }> {
  const kit = setup()
  const header = await pay(kit, await offerOf(kit.sandbox))
  const [url, init] = post(generateUrl, body, { 'payment-signature': header })
  return { kit, send: (signal) => kit.sandbox.fetch(url, { ...init, ...(signal && { signal }) }) }
}

function traces({ sandbox }: Kit) {
  return { jobs: sandbox.jobs().length, settled: sandbox.settlements().length }
}

const nothing = { jobs: 0, settled: 0 }
const everything = { jobs: 1, settled: 1 }

describe('the paid request', () => {
  test.each<[FaultKind, string, typeof nothing]>([
    ['refused', 'ECONNREFUSED', nothing],
    ['reset-before', 'ECONNRESET', nothing],
    ['reset-after', 'ECONNRESET', everything],
  ])('%s: a network error with %s', async (kind, code, left) => {
    const { kit, send } = await prepare()
    kit.sandbox.faults.add({ step: 'pay', kind })
    const error = await send().catch((one) => one)
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ message: 'fetch failed', cause: { code } })
    expect(traces(kit)).toEqual(left)
    expect((await send()).status).toBe(left === nothing ? 200 : 402)
  })

  test('refused: no request ever arrived; reset: one did, and got no answer', async () => {
    const { kit, send } = await prepare()
    const before = kit.sandbox.requests().length
    kit.sandbox.faults.add({ step: 'pay', kind: 'refused' })
    await send().catch(() => {})
    expect(kit.sandbox.requests()).toHaveLength(before)
    kit.sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    await send().catch(() => {})
    expect(kit.sandbox.requests().at(-1)).toMatchObject({ paid: true, status: 0 })
  })

  test('no-answer: processed, and silent until the client gives up', async () => {
    const { kit, send } = await prepare()
    kit.sandbox.faults.add({ step: 'pay', kind: 'no-answer' })
    const stop = new AbortController()
    const settled = vi.fn()
    const sent = send(stop.signal)
    sent.then(settled, settled)
    await expect.poll(() => traces(kit)).toEqual(everything)
    expect(settled).not.toHaveBeenCalled()
    const reason = new RangeError('enough')
    stop.abort(reason)
    await expect(sent).rejects.toBe(reason)
  })

  test('slow: processed at once, answered after ms', async () => {
    const { kit, send } = await prepare()
    kit.sandbox.faults.add({ step: 'pay', kind: 'slow', ms: 60_000 })
    vi.useFakeTimers()
    const settled = vi.fn()
    const sent = send()
    sent.then(settled)
    await vi.advanceTimersByTimeAsync(59_000)
    expect(traces(kit)).toEqual(everything)
    expect(settled).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(2_000)
    expect((await sent).status).toBe(200)
  })

  test('slow: the wait ends with the signal and leaves no timer', async () => {
    const { kit, send } = await prepare()
    kit.sandbox.faults.add({ step: 'pay', kind: 'slow', ms: 60_000 })
    vi.useFakeTimers()
    const stop = new AbortController()
    const sent = send(stop.signal)
    await vi.advanceTimersByTimeAsync(10)
    expect(vi.getTimerCount()).toBe(1)
    stop.abort('enough')
    await expect(sent).rejects.toBe('enough')
    expect(vi.getTimerCount()).toBe(0)
    expect(traces(kit)).toEqual(everything)
  })

  test.each<[Partial<Fault> & { kind: FaultKind }, number, typeof nothing]>([
    [{ kind: 'status' }, 503, nothing],
    [{ kind: 'status', status: 429 }, 429, nothing],
    [{ kind: 'status-after', status: 502 }, 502, everything],
    [{ kind: 'settlement-failed' }, 500, { jobs: 1, settled: 0 }],
    [{ kind: 'settlement-failed-charged' }, 500, everything],
    [{ kind: 'rechallenge' }, 402, nothing],
    [{ kind: 'rejected' }, 402, nothing],
    [{ kind: 'redirect' }, 307, nothing],
    [{ kind: 'html' }, 200, everything],
    [{ kind: 'truncated' }, 200, everything],
    [{ kind: 'wrong-type' }, 200, everything],
  ])('%o is answered with %i', async (fault, status, left) => {
    const { kit, send } = await prepare()
    kit.sandbox.faults.add({ step: 'pay', ...fault })
    const response = await send()
    expect(response.status).toBe(status)
    expect(response.headers.get('date')).toBe(new Date(kit.now()).toUTCString())
    expect(traces(kit)).toEqual(left)
    expect(kit.sandbox.requests().at(-1)).toMatchObject({ status })
    expect((await send()).status).toBe(left.settled ? 402 : 200)
  })

  const answerTo = async (fault: Partial<Fault> & { kind: FaultKind }) => {
    const { kit, send } = await prepare()
    kit.sandbox.faults.add({ step: 'pay', ...fault })
    const response = await send()
    return { response, text: await response.text(), headers: response.headers }
  }

  test('status 429 names when to come back, others do not', async () => {
    expect((await answerTo({ kind: 'status', status: 429 })).headers.get('retry-after')).toBe('1')
    expect((await answerTo({ kind: 'status' })).headers.get('retry-after')).toBeNull()
    expect(JSON.parse((await answerTo({ kind: 'status' })).text)).toMatchObject({ success: false })
  })

  test.each<FaultKind>(['settlement-failed', 'settlement-failed-charged'])(
    '%s looks the same from outside',
    async (kind) => {
      const { text, headers } = await answerTo({ kind })
      expect(text).toBe('{"success":false,"error":"Settlement failed"}')
      expect(headers.get('payment-response')).toBeNull()
    },
  )

  test('rechallenge is a challenge without a reason, rejected has one', async () => {
    const again = await answerTo({ kind: 'rechallenge' })
    expect(again.text).toBe('')
    expect(decoded(again.headers.get('payment-required')).accepts[0].amount).toBe('170000')
    const rejected = await answerTo({ kind: 'rejected' })
    expect(JSON.parse(rejected.text).reason).toBe('invalid_exact_evm_insufficient_balance')
    expect(decoded(rejected.headers.get('payment-required')).accepts[0].amount).toBe('170000')
  })

  test('redirect points to a host that cannot be reached', async () => {
    const { headers } = await answerTo({ kind: 'redirect' })
    expect(headers.get('location')).toMatch(/^https:\/\/evil\.example\//)
  })

  test('html, truncated and wrong-type spoil the answer in their way', async () => {
    const html = await answerTo({ kind: 'html' })
    expect([html.headers.get('content-type'), html.text]).toEqual([
      expect.stringMatching('text/html'),
      expect.stringMatching('<html>'),
    ])
    const cut = await answerTo({ kind: 'truncated' })
    expect(cut.headers.get('content-type')).toBe('application/json')
    expect(cut.text).toMatch(/^{"type"/)
    expect(() => JSON.parse(cut.text)).toThrow()
    const typed = await answerTo({ kind: 'wrong-type' })
    expect(typed.headers.get('content-type')).toMatch('text/plain')
    expect(JSON.parse(typed.text)).toHaveProperty('jobId')
  })
})

describe('the other steps', () => {
  const status = 418
  const upload = `${origin}/api/upload`
  const ticket = { filename: 'a.png', contentType: 'image/png' }
  const blob = 'https://vercel.com/api/blob/?pathname=x'
  const asset = 'https://wgunica1uhl5nijm.public.blob.vercel-storage.com/generated/x.png'
  const requests: Array<[FaultStep, (kit: Kit) => Promise<Response>]> = [
    ['quote', ({ sandbox }) => sandbox.fetch(...post(generateUrl, body))],
    ['quote', ({ sandbox }) => sandbox.fetch(...post(upload, ticket))],
    ['pay', ({ sandbox }) => sandbox.fetch(...post(generateUrl, body, { 'payment-signature': 'x' }))],
    ['pay', ({ sandbox }) => sandbox.fetch(...post(generateUrl, body, { 'x-payment': 'x' }))],
    ['upload', ({ sandbox }) => sandbox.fetch(...post(upload, ticket, { 'payment-signature': 'x' }))],
    ['poll', ({ sandbox }) => sandbox.fetch(`${origin}/api/jobs/c1`)],
    ['list', ({ sandbox }) => sandbox.fetch(`${origin}/api/jobs?limit=1`)],
    ['confirm', ({ sandbox }) => sandbox.fetch(...post(`${upload}/confirm`, {}))],
    ['blob', ({ sandbox }) => sandbox.fetch(blob, { method: 'PUT', body: 'x' })],
    ['output', ({ sandbox }) => sandbox.fetch(asset)],
  ]

  test.each(requests)('%s is struck, and only it', async (step, send) => {
    const kit = setup()
    const others = requests.map(([one]) => one).filter((one) => one !== step)
    for (const other of others) kit.sandbox.faults.add({ step: other, kind: 'status', status })
    expect((await send(kit)).status).not.toBe(status)
    kit.sandbox.faults.add({ step, kind: 'status', status })
    expect((await send(kit)).status).toBe(status)
    expect((await send(kit)).status).not.toBe(status)
  })

  test('a rechallenged poll gets a sign-in challenge and keeps its nonce', async () => {
    const kit = setup()
    const { jobId } = await (await buy(kit)).json()
    kit.sandbox.faults.add({ step: 'poll', kind: 'rechallenge' })
    const response = await get(kit, `/api/jobs/${jobId}`, { nonce: 'c'.repeat(32) })
    expect((await response.json()).error).toBe('SIWX authentication required')
    expect((await get(kit, `/api/jobs/${jobId}`, { nonce: 'c'.repeat(32) })).status).toBe(200)
  })

  test('a truncated quote has half a challenge', async () => {
    const kit = setup()
    kit.sandbox.faults.add({ step: 'quote', kind: 'truncated' })
    const response = await kit.sandbox.fetch(...post(generateUrl, body))
    expect(response.status).toBe(402)
    expect(() => decoded(response.headers.get('payment-required'))).toThrow()
  })

  test('a truncated file is half a file', async () => {
    const kit = setup()
    const { jobId } = await (await buy(kit)).json()
    kit.sandbox.clock.advance(12_000)
    const { result } = await (await get(kit, `/api/jobs/${jobId}`)).json()
    const whole = await (await kit.sandbox.fetch(result.imageUrl)).arrayBuffer()
    kit.sandbox.faults.add({ step: 'output', kind: 'truncated' })
    const half = await (await kit.sandbox.fetch(result.imageUrl)).arrayBuffer()
    expect(half.byteLength).toBe(Math.floor(whole.byteLength / 2))
  })
})

describe('faults', () => {
  const quote = ({ sandbox }: Kit) => sandbox.fetch(...post(generateUrl, body)).then(({ status }) => status)

  test('strike as often as asked, in the order in which they were added', async () => {
    const kit = setup()
    kit.sandbox.faults.add({ step: 'quote', kind: 'status', status: 500, times: 2 })
    kit.sandbox.faults.add({ step: 'quote', kind: 'status', status: 502 })
    const seen = []
    for (let at = 0; at < 4; at += 1) seen.push(await quote(kit))
    expect(seen).toEqual([500, 500, 502, 402])
  })

  test('can be taken away, one or all', async () => {
    const kit = setup()
    const remove = kit.sandbox.faults.add({
      step: 'quote',
      kind: 'status',
      status: 500,
      times: Number.POSITIVE_INFINITY,
    })
    kit.sandbox.faults.add({ step: 'quote', kind: 'status', status: 502, times: Number.POSITIVE_INFINITY })
    expect(await quote(kit)).toBe(500)
    remove()
    expect(await quote(kit)).toBe(502)
    kit.sandbox.faults.clear()
    expect(await quote(kit)).toBe(402)
  })

  test('strike with their probability, the same for the same seed', async () => {
    const run = async (seed: number, probability: number) => {
      const kit = setup({ seed })
      kit.sandbox.faults.add({ step: 'quote', kind: 'status', times: Number.POSITIVE_INFINITY, probability })
      const seen = []
      for (let at = 0; at < 60; at += 1) seen.push(await quote(kit))
      return seen
    }
    const struck = (await run(1, 0.5)).filter((status) => status === 503).length
    expect(struck).toBeGreaterThan(15)
    expect(struck).toBeLessThan(45)
    expect(await run(1, 0.5)).toEqual(await run(1, 0.5))
    expect(await run(1, 0)).not.toContain(503)
  })

  test.each<[string, Record<string, unknown>]>([
    ['step', { step: 'poll', kind: 'rejected' }],
    ['step', { step: 'output', kind: 'rechallenge' }],
    ['step', { step: 'quote', kind: 'settlement-failed' }],
    ['step', { step: 'nap', kind: 'slow' }],
    ['kind', { step: 'pay', kind: 'constructor' }],
    ['times', { step: 'pay', kind: 'slow', times: 0 }],
    ['probability', { step: 'pay', kind: 'slow', probability: 1.5 }],
    ['ms', { step: 'pay', kind: 'slow', ms: -1 }],
    ['status', { step: 'pay', kind: 'status', status: 200 }],
  ])('refuse a wrong %s at once: %o', (path, fault) => {
    const { sandbox } = setup()
    const add = () => sandbox.faults.add(fault as Fault)
    expect(add).toThrow(
      expect.objectContaining({ code: 'invalid_config', issues: [expect.objectContaining({ path })] }),
    )
  })
})
