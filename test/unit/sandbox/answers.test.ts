// Answers that fit no textbook: receipts with any status, pages, echoes, and what caches give.
import { describe, expect, test } from 'vitest'
import type { Fault, FaultStep, Sandbox } from '../../../src/entries/sandbox.ts'
import { body, buy, decoded, generateUrl, offerOf, origin, pay, post, proof, setup } from './kit.ts'

const ticket = { filename: 'a.png', contentType: 'image/png' }
const uploadUrl = `${origin}/api/upload`

async function struckBuy(fault: Omit<Fault, 'step'>, step: 'pay' | 'upload' = 'pay') {
  const kit = setup()
  kit.sandbox.faults.add({ step, ...fault })
  const response = await (step === 'pay' ? buy(kit) : buy(kit, uploadUrl, ticket))
  const text = await response.text()
  return { kit, response, text, settled: kit.sandbox.settlements() }
}

describe('receipt-status', () => {
  test.each([400, 403, 410, 422, 500, 302])(
    '%i comes with the receipt, and the money has moved',
    async (status) => {
      const { kit, response, text, settled } = await struckBuy({ kind: 'receipt-status', status })
      expect(response.status).toBe(status)
      expect(decoded(response.headers.get('payment-response'))).toMatchObject({
        success: true,
        transaction: settled[0]?.transaction,
      })
      expect(JSON.parse(text)).toMatchObject({ success: false, error: expect.any(String) })
      expect([settled.length, kit.sandbox.jobs().length]).toEqual([1, 1])
      expect(kit.sandbox.requests().at(-1)).toMatchObject({ status })
    },
  )

  test('is 400 by default', async () => {
    expect((await struckBuy({ kind: 'receipt-status' })).response.status).toBe(400)
  })

  test.each([201, 202, 299])('%i delivers the job with its receipt', async (status) => {
    const { kit, response, text } = await struckBuy({ kind: 'receipt-status', status })
    expect(response.status).toBe(status)
    expect(response.headers.get('payment-response')).not.toBeNull()
    expect(JSON.parse(text).jobId).toBe(kit.sandbox.jobs()[0]?.id)
  })

  test.each([204, 205, 304])('%i has no body', async (status) => {
    const { response, text } = await struckBuy({ kind: 'receipt-status', status })
    expect([response.status, text]).toEqual([status, ''])
    expect(response.headers.get('payment-response')).not.toBeNull()
  })

  test.each([201, 500])('%i strikes an upload’s ticket too', async (status) => {
    const { response, text, settled } = await struckBuy({ kind: 'receipt-status', status }, 'upload')
    expect(response.status).toBe(status)
    expect(decoded(response.headers.get('payment-response')).transaction).toBe(settled[0]?.transaction)
    expect('uploadId' in JSON.parse(text)).toBe(status === 201)
  })

  test('waits for a payment that settles', async () => {
    const kit = setup()
    kit.sandbox.faults.add({ step: 'pay', kind: 'receipt-status', status: 403 })
    const refused = await buy(kit, generateUrl, body, { authorization: { value: '1' } })
    expect([refused.status, refused.headers.get('payment-response')]).toEqual([402, null])
    expect((await buy(kit)).status).toBe(403)
    expect((await buy(kit)).status).toBe(200)
  })

  test.each(['taken away', 'cleared'])('does not come back when it was %s while it struck', async (how) => {
    // The price is asked for in the middle of a request.
    let meanwhile = () => {}
    const kit = setup({
      price: () => {
        meanwhile()
        return undefined
      },
    })
    const header = await pay(kit, await offerOf(kit.sandbox), { authorization: { value: '1' } })
    const remove = kit.sandbox.faults.add({ step: 'pay', kind: 'receipt-status' })
    meanwhile = how === 'cleared' ? kit.sandbox.faults.clear : remove
    const refused = await kit.sandbox.fetch(...post(generateUrl, body, { 'payment-signature': header }))
    expect(refused.status).toBe(402)
    meanwhile = () => {}
    expect((await buy(kit)).status).toBe(200)
  })

  test('at the blob and at the confirmation keeps what was answered', async () => {
    const { sandbox, ...kit } = setup()
    const { clientToken, pathname, uploadId } = await (
      await buy({ sandbox, ...kit }, uploadUrl, ticket)
    ).json()
    sandbox.faults.add({ step: 'blob', kind: 'receipt-status', status: 201 })
    sandbox.faults.add({ step: 'confirm', kind: 'receipt-status', status: 202 })
    const put = await sandbox.fetch(`https://vercel.com/api/blob/?pathname=${encodeURIComponent(pathname)}`, {
      method: 'PUT',
      body: 'x',
      headers: {
        authorization: `Bearer ${clientToken}`,
        'x-content-type': 'image/png',
        'x-api-version': '11',
      },
    })
    const { url: blobUrl } = await put.json()
    expect([put.status, blobUrl]).toEqual([201, expect.stringMatching('/uploads/')])
    const header = await proof({ ...kit })
    const confirmed = await sandbox.fetch(
      ...post(`${uploadUrl}/confirm`, { uploadId, blobUrl }, { 'sign-in-with-x': header }),
    )
    expect([confirmed.status, (await confirmed.json()).upload.id]).toEqual([202, uploadId])
  })
})

describe('a page', () => {
  const blob = 'https://vercel.com/api/blob/?pathname=x'
  const asset = 'https://wgunica1uhl5nijm.public.blob.vercel-storage.com/generated/x.png'
  const requests: Array<[FaultStep, (sandbox: Sandbox) => Promise<Response>]> = [
    ['quote', ({ fetch }) => fetch(...post(generateUrl, body))],
    ['pay', ({ fetch }) => fetch(...post(generateUrl, body, { 'payment-signature': 'x' }))],
    ['upload', ({ fetch }) => fetch(...post(uploadUrl, ticket, { 'payment-signature': 'x' }))],
    ['poll', ({ fetch }) => fetch(`${origin}/api/jobs/c1`)],
    ['list', ({ fetch }) => fetch(`${origin}/api/jobs`)],
    ['confirm', ({ fetch }) => fetch(...post(`${uploadUrl}/confirm`, {}))],
    ['blob', ({ fetch }) => fetch(blob, { method: 'PUT', body: 'x' })],
    ['output', ({ fetch }) => fetch(asset)],
  ]

  test.each(requests)('can stand for any answer of %s, with any status', async (step, send) => {
    for (const kind of ['page', 'html'] as const) {
      for (const status of [200, 401, 405, 410, 503]) {
        const { sandbox } = setup()
        sandbox.faults.add({ step, kind, status })
        const response = await send(sandbox)
        expect(response.status).toBe(status)
        expect(response.headers.get('content-type')).toMatch('text/html')
        expect(await response.text()).toMatch('<html>')
      }
    }
  })

  test('page: not processed, 403; html: processed, 200', async () => {
    const page = await struckBuy({ kind: 'page' })
    expect([page.response.status, page.settled.length, page.kit.sandbox.jobs().length]).toEqual([403, 0, 0])
    const html = await struckBuy({ kind: 'html' })
    expect([html.response.status, html.settled.length, html.kit.sandbox.jobs().length]).toEqual([200, 1, 1])
    expect(html.response.headers.get('payment-response')).toBeNull()
    expect(page.response.headers.get('x-request-id')).toBeNull()
  })
})

describe('an echo', () => {
  const send = async (fault: Partial<Fault>) => {
    const kit = setup()
    kit.sandbox.faults.add({ step: 'pay', kind: 'echo', ...fault })
    const header = await pay(kit, await offerOf(kit.sandbox))
    const sent = { 'payment-signature': header, 'x-own': 'a "quoted" value' }
    const response = await kit.sandbox.fetch(...post(generateUrl, body, sent))
    return { header, response, text: await response.text(), settled: kit.sandbox.settlements().length }
  }
  const inside = (header: string) => Buffer.from(header, 'base64').toString()

  test('repeats every header, in every form, and processes nothing', async () => {
    const { header, response, text, settled } = await send({})
    expect([response.status, settled]).toEqual([400, 0])
    const { message } = JSON.parse(text)
    expect(message).toContain(`payment-signature: ${header}`)
    expect(message).toContain('x-own: a "quoted" value')
    expect(message).toContain('content-type: application/json')
    expect(message).toContain(inside(header))
    expect(message).toContain(JSON.stringify(inside(header)).slice(1, -1))
    expect(message).toContain(`${header.slice(0, Math.ceil((header.length * 2) / 3))};`)
  })

  test.each<[NonNullable<Fault['form']>, (header: string) => string]>([
    ['raw', (header) => `: ${header};`],
    ['decoded', (header) => inside(header)],
    ['escaped', (header) => JSON.stringify(inside(header)).slice(1, -1)],
    ['cut', (header) => `: ${header.slice(0, Math.ceil((header.length * 2) / 3))};`],
  ])('can repeat them %s alone', async (form, expected) => {
    for (const other of ['raw', 'decoded', 'escaped', 'cut'] as const) {
      const { header, text } = await send({ form: other })
      expect(JSON.parse(text).message.includes(expected(header))).toBe(
        form === other || (form === 'raw' && other === 'escaped'),
      )
    }
  })

  test('names secrets first, and reads a proof and a credential', async () => {
    const kit = setup()
    kit.sandbox.faults.add({ step: 'list', kind: 'echo', status: 403 })
    const signed = await proof(kit)
    const credential = Buffer.from('{"payload":1}').toString('base64url')
    const headers = { a: 'b', 'sign-in-with-x': signed, authorization: `Payment ${credential}` }
    const response = await kit.sandbox.fetch(`${origin}/api/jobs`, { headers })
    expect(response.status).toBe(403)
    const { message } = await response.json()
    expect(message.indexOf('a: b')).toBeGreaterThan(message.indexOf(signed))
    expect(message).toContain('authorization: {"payload":1};')
    expect(message).toContain(inside(signed))
  })

  test('can be a page', async () => {
    const { header, response, text } = await send({ page: true, status: 403 })
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toMatch('text/html')
    expect(text).toContain(header)
    expect(text).toContain(inside(header).replaceAll('"', '&quot;'))
  })
})

describe('an answer of a cache', () => {
  test('has an old Date and an Age', async () => {
    const kit = setup()
    kit.sandbox.faults.add({ step: 'quote', kind: 'stale-date', times: 2 })
    const { headers, status } = await kit.sandbox.fetch(...post(generateUrl, body))
    expect([status, headers.get('age')]).toEqual([402, '600'])
    expect(headers.get('date')).toBe(new Date(kit.now() - 600_000).toUTCString())
    kit.sandbox.faults.clear()
    kit.sandbox.faults.add({ step: 'quote', kind: 'stale-date', ms: 5_000 })
    const other = await kit.sandbox.fetch(...post(generateUrl, body))
    expect(other.headers.get('date')).toBe(new Date(kit.now() - 5_000).toUTCString())
  })

  test('is processed', async () => {
    const { response, settled } = await struckBuy({ kind: 'stale-date' })
    expect([response.status, settled.length]).toEqual([200, 1])
  })
})

describe('faults', () => {
  test.each<[string, Record<string, unknown>]>([
    ['step', { step: 'quote', kind: 'receipt-status' }],
    ['step', { step: 'pay', kind: 'no-result' }],
    ['step', { step: 'list', kind: 'job-failed' }],
    ['status', { step: 'pay', kind: 'receipt-status', status: 199 }],
    ['status', { step: 'pay', kind: 'html', status: 600 }],
    ['status', { step: 'pay', kind: 'page', status: 250.5 }],
    ['status', { step: 'pay', kind: 'status-after', status: 202 }],
    ['state', { step: 'poll', kind: 'unknown-state', state: '' }],
    ['error', { step: 'poll', kind: 'job-failed', error: 5 }],
    ['form', { step: 'poll', kind: 'echo', form: 'loud' }],
    ['page', { step: 'poll', kind: 'echo', page: 'yes' }],
  ])('refuse a wrong %s at once: %o', (path, fault) => {
    const { sandbox } = setup()
    expect(() => sandbox.faults.add(fault as Fault)).toThrow(
      expect.objectContaining({ code: 'invalid_config', issues: [expect.objectContaining({ path })] }),
    )
  })
})
