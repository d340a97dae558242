// Jobs and uploads: application code on both sides, reached through the real sign-in and the real payment.
import { describe, expect, test } from 'vitest'
import { type Seen, see } from '../support/observe.ts'
import { onBoth } from '../support/same.ts'
import { buy, challenge, input, pay, post, signIn } from '../support/sign.ts'
import type { Stack } from '../support/stack.ts'

const same = onBoth()
const moderated = { prompt: 'moderated-content' }

type Payer = Awaited<ReturnType<Stack['wallet']>>

async function as(stack: Stack, wallet: Payer, route: string, init: RequestInit = {}): Promise<Seen> {
  const headers = { ...init.headers, 'sign-in-with-x': await signIn(stack, wallet) }
  return see(stack, route, { ...init, headers })
}

/** Polls until the job has ended. */
async function ended(stack: Stack, wallet: Payer, id: string): Promise<Seen> {
  for (;;) {
    const seen = await as(stack, wallet, `/api/jobs/${id}`)
    const { status } = seen.body as { status: string }
    if (status !== 'pending' && status !== 'loading') return seen
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('a job', () => {
  test('ends with a picture that can be fetched', async () => {
    const { seen, picture } = await same(async (stack) => {
      const payer = await stack.wallet('payer', '1')
      const id = await buy(stack, payer)
      const seen = await ended(stack, payer, id)
      const raw = await fetch(`${stack.url}/api/jobs/${id}`, {
        headers: { 'sign-in-with-x': await signIn(stack, payer) },
      })
      const picture = await fetch((await raw.json()).result.imageUrl)
      await picture.arrayBuffer()
      return { seen, picture: [picture.status, picture.headers.get('content-type')] }
    })
    expect(seen).toMatchObject({
      status: 200,
      body: {
        status: 'complete',
        progress: 100,
        input: { ...input, model: 'nano-banana', aspectRatio: '1:1', imageSize: '1K' },
        result: { imageUrl: expect.stringMatching(/^\{origin\}\/generated\/\{uuid\}\.png$/) },
      },
    })
    expect(picture).toEqual([200, 'image/png'])
  })

  test('that fails says why, and can be deleted then; another one cannot', async () => {
    const seen = await same(async (stack) => {
      const payer = await stack.wallet('payer', '1')
      const [good, bad] = [await buy(stack, payer), await buy(stack, payer, moderated)]
      await ended(stack, payer, good)
      return [
        await ended(stack, payer, bad),
        await as(stack, payer, `/api/jobs/${good}`, { method: 'DELETE' }),
        await as(stack, payer, `/api/jobs/${bad}`, { method: 'DELETE' }),
        await as(stack, payer, `/api/jobs/${bad}`),
        await as(stack, payer, '/api/jobs?limit=5'),
      ]
    })
    expect(seen.map(({ status }) => status)).toEqual([200, 400, 200, 404, 200])
    expect(seen[0]?.body).toMatchObject({ status: 'failed', error: expect.stringContaining('E005') })
    expect(seen[4]?.body).toMatchObject({ items: [{ status: 'complete' }], nextCursor: null })
  })

  test('is in the list, newest first, by status and page', async () => {
    const seen = await same(async (stack) => {
      const payer = await stack.wallet('payer', '1')
      const ids: string[] = []
      for (const body of [input, moderated, input]) ids.push(await buy(stack, payer, body))
      for (const id of ids) await ended(stack, payer, id)
      const raw = await fetch(`${stack.url}/api/jobs?limit=2`, {
        headers: { 'sign-in-with-x': await signIn(stack, payer) },
      })
      const { items, nextCursor } = await raw.json()
      const order = items.map((item: { id: string }) => ids.indexOf(item.id))
      return {
        order,
        first: await as(stack, payer, '/api/jobs?limit=2'),
        second: await as(stack, payer, `/api/jobs?limit=2&cursor=${nextCursor}`),
        failed: await as(stack, payer, '/api/jobs?status=failed'),
      }
    })
    expect(seen.order).toEqual([2, 1])
    expect(seen.first.body).toMatchObject({ nextCursor: '{job}' })
    expect(seen.second.body).toMatchObject({ items: [{ status: 'complete' }], nextCursor: null })
    expect(seen.failed.body).toMatchObject({ items: [{ status: 'failed' }] })
  })

  test('that is not there is not found', async () => {
    const seen = await same(async (stack) =>
      as(stack, await stack.wallet('payer', '0'), '/api/jobs/cnothing'),
    )
    expect(seen.status).toBe(404)
  })
})

describe('an upload', () => {
  test('is paid for, put, and confirmed by its payer', async () => {
    const seen = await same(async (stack) => {
      const payer = await stack.wallet('payer', '1')
      const ticket = { filename: 'a cat.png', contentType: 'image/png', size: 3 }
      const header = await pay(await challenge(stack, ticket, '/api/upload'), payer)
      const answer = await fetch(`${stack.url}/api/upload`, post(ticket, { 'payment-signature': header }))
      const { uploadId, clientToken, pathname, expiresAt } = await answer.json()
      const put = await fetch(`${stack.url}/api/blob/?pathname=${encodeURIComponent(pathname)}`, {
        method: 'PUT',
        body: Uint8Array.of(1, 2, 3),
        headers: {
          authorization: `Bearer ${clientToken}`,
          'x-content-type': 'image/png',
          'x-api-version': '11',
        },
      })
      const { url: blobUrl } = await put.json()
      const confirm = (wallet: Payer, body: unknown) => as(stack, wallet, '/api/upload/confirm', post(body))
      return {
        paid: [answer.status, expiresAt, clientToken],
        put: put.status,
        stranger: await confirm(await stack.wallet('stranger', '0'), { uploadId, blobUrl }),
        unknown: await confirm(payer, { uploadId: crypto.randomUUID(), blobUrl }),
        wrong: await confirm(payer, { uploadId, blobUrl: 'https://example.com/a.png' }),
        invalid: await confirm(payer, { uploadId }),
        confirmed: await confirm(payer, { uploadId, blobUrl }),
        balance: await stack.balance(payer.address),
      }
    })
    expect(seen).toMatchObject({
      paid: [200, '{now + 300 s}', '{blob token}'],
      put: 200,
      stranger: { status: 403 },
      unknown: { status: 404 },
      wrong: { status: 400 },
      invalid: { status: 400, body: { error: 'Validation failed' } },
      confirmed: { status: 200, body: { success: true, upload: { filename: 'a cat.png' } } },
      balance: '0.99',
    })
  })
})
