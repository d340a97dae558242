// `upload`, and bytes in an input: paid for once, counted in quote, limits and receipt.

import { memoryStore, StableStudioClient } from 'stablestudio'
import { describe, expect, it } from 'vitest'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { createHostile } from '../support/hostile.ts'
import { createStudio, failure } from '../support/studio.ts'

useTestClock()

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const png = (seed = 0) =>
  new Uint8Array([...signature, ...Array.from({ length: 200 }, (_, at) => (at * 7 + seed) % 256)])
const edit = 'nano-banana-pro/edit'
const ofUploads = (settlements: readonly { operation: string }[]) =>
  settlements.filter(({ operation }) => operation === 'upload')

describe('upload', () => {
  it('pays $0.01, puts the bytes and confirms', async () => {
    const { studio, sandbox } = createStudio()
    const upload = await played(studio.upload(png()))
    expect(upload).toMatchObject({ filename: 'upload.png', mediaType: 'image/png', receipt: { usd: '0.01' } })
    expect(upload.expiresAt).toMatch(/^2026-11-22T12:1/)
    expect(new Uint8Array(await (await sandbox.fetch(upload.url)).arrayBuffer())).toEqual(png())
    expect(ofUploads(sandbox.settlements())).toHaveLength(1)
  })

  it('keeps the name of a file, without its path', async () => {
    const { studio } = createStudio()
    const file = new File([png()], '../../etc/my house.png', { type: 'image/png' })
    expect((await played(studio.upload(file))).filename).toBe('my-house.png')
  })

  it.each([
    ['a text', new Blob(['hello'], { type: 'text/plain' })],
    ['nothing', new Uint8Array()],
    ['an image over 10 MB', new Uint8Array([...signature, ...new Uint8Array(10 * 1024 * 1024)])],
    ['bytes of no known kind', new Uint8Array([1, 2, 3, 4])],
  ])('refuses %s before paying', async (_name, file) => {
    const { studio, sandbox } = createStudio()
    expect(await failure(studio.upload(file))).toMatchObject({ name: 'InvalidInputError', payment: 'none' })
    expect(sandbox.requests()).toHaveLength(0)
  })

  it('pays once for the same bytes, one after the other and at once, in one client and in two', async () => {
    const store = memoryStore()
    const { studio, sandbox, wallet } = createStudio({ store })
    const other = new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) })
    const uploads = await played(
      Promise.all([studio.upload(png()), studio.upload(png().buffer), other.upload(new Blob([png()]))]),
    )
    const later = await played(studio.upload(png()))
    expect(new Set([...uploads, later].map(({ url }) => url)).size).toBe(1)
    expect(uploads.filter(({ receipt }) => receipt)).toHaveLength(1)
    expect(later.receipt).toBeUndefined()
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('pays again once the file is gone', async () => {
    const { studio, sandbox } = createStudio()
    await played(studio.upload(png()))
    await pass(19 * 60_000)
    expect((await played(studio.upload(png()))).receipt?.usd).toBe('0.01')
    expect(sandbox.settlements()).toHaveLength(2)
  })

  it.each(['blob', 'confirm'] as const)(
    'goes on without paying again when the step %s broke',
    async (step) => {
      const { studio, sandbox } = createStudio()
      sandbox.faults.add({ step, kind: 'status', status: 503, times: 4 })
      const error = await played(failure(studio.upload(png())))
      expect(error).toMatchObject({ phase: 'upload', payment: 'settled', safeToRetry: true })
      const upload = await played(studio.upload(png()))
      expect(upload.url).toMatch(/^https:/)
      expect(sandbox.settlements()).toHaveLength(1)
    },
  )

  it.each(['blob', 'confirm'] as const)(
    'survives a passing failure of the step %s within the call',
    async (step) => {
      const { studio, sandbox } = createStudio()
      sandbox.faults.add({ step, kind: 'status', status: 500, times: 2 })
      expect((await played(studio.upload(png()))).url).toMatch(/^https:/)
      expect(sandbox.settlements()).toHaveLength(1)
    },
  )

  it.each(['reset-before', 'reset-after', 'status-after'] as const)(
    'never pays twice when the answer to its payment is lost (%s)',
    async (kind) => {
      const { studio, sandbox } = createStudio()
      sandbox.faults.add({ step: 'upload', kind })
      await played(studio.upload(png(), { timeout: 60_000 }).catch(() => undefined))
      expect(sandbox.settlements().length).toBeLessThanOrEqual(1)
    },
  )

  it('shows the ticket to the blob host only, and the wallet’s headers never to it', async () => {
    const hostile = createHostile((_request, genuine) => genuine())
    await played(hostile.studio.upload(png()))
    const put = hostile.requests.filter(({ url }) => url.startsWith('https://vercel.com/api/blob/'))
    expect(put).toHaveLength(1)
    expect(put[0]?.headers.get('authorization')).toMatch(/^Bearer vercel_blob_/)
    expect(put[0]?.headers.get('sign-in-with-x')).toBeNull()
    expect(put[0]?.headers.get('payment-signature')).toBeNull()
    expect(put[0]?.url).toContain('%2F')
    const others = hostile.requests.filter(({ url }) => !url.startsWith('https://vercel.com/'))
    expect(others.every(({ headers }) => !headers.has('authorization'))).toBe(true)
  })

  it('forgets the ticket’s token once the file is there', async () => {
    const store = memoryStore()
    const { studio } = createStudio({ store })
    await played(studio.upload(png()))
    for await (const key of store.keys('')) {
      expect(JSON.stringify((await store.get(key))?.value)).not.toContain('vercel_blob_client')
    }
  })
})

describe('bytes in an input', () => {
  it('are uploaded, replaced by their URL, and shown in the receipt', async () => {
    const { studio, sandbox } = createStudio()
    const image = await played(studio.run(edit, { prompt: 'at night', images: [png(1), new Blob([png(2)])] }))
    expect(image.receipt.usd).toBe('0.13')
    expect(image.receipt.uploads?.map(({ usd }) => usd)).toEqual(['0.01', '0.01'])
    const sent = sandbox.jobs()[0]?.input.images as string[]
    expect(sent).toHaveLength(2)
    for (const url of sent) expect((await sandbox.fetch(url)).status).toBe(200)
    expect(sandbox.settlements().map(({ usd }) => usd)).toEqual(['0.01', '0.01', '0.13'])
  })

  it('shared by five inputs are paid for once', async () => {
    const { studio, sandbox } = createStudio()
    const images = [png(), png(), png(), png(), png()]
    await played(studio.run(edit, { prompt: 'at night', images }))
    expect(ofUploads(sandbox.settlements())).toHaveLength(1)
    expect(new Set(sandbox.jobs()[0]?.input.images as string[]).size).toBe(1)
  })

  it('count in the quote, which is then paid exactly', async () => {
    const { studio, sandbox, wallet } = createStudio()
    const quote = await played(studio.quote(edit, { prompt: 'at night', images: [png(1), png(2), png(2)] }))
    expect(quote).toMatchObject({ usd: '0.15', amount: 150_000n, uploads: { count: 2, usd: '0.02' } })
    expect(sandbox.settlements()).toHaveLength(0)
    await played(studio.submit(quote))
    expect(sandbox.balance(wallet.address)).toBe('9.85')
    const again = await played(studio.quote(edit, { prompt: 'at night', images: [png(1)] }))
    expect(again.usd).toBe('0.13')
  })

  it('count in the limits', async () => {
    const { studio, sandbox } = createStudio({ limits: { total: '0.13' } })
    const error = await played(failure(studio.run(edit, { prompt: 'at night', images: [png()] })))
    expect(error).toMatchObject({ name: 'LimitExceededError', spent: '0.01' })
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('are not uploaded for an input that is wrong elsewhere', async () => {
    const { studio, sandbox } = createStudio()
    const wrong = { prompt: '', images: [png()], aspectRatio: '7:3' } as never
    expect(await failure(studio.run(edit, wrong))).toMatchObject({ name: 'InvalidInputError' })
    expect(sandbox.requests()).toHaveLength(0)
  })

  it('under an idempotencyKey are neither uploaded nor paid for twice', async () => {
    const { studio, sandbox } = createStudio()
    const order = () =>
      studio.submit(edit, { prompt: 'at night', images: [png()] }, { idempotencyKey: 'order-2' })
    const job = await played(order())
    await pass(60 * 60_000)
    expect((await played(order())).id).toBe(job.id)
    expect(sandbox.settlements()).toHaveLength(2)
  })

  it.each([
    ['wan-2.6/i2v', 'image'],
    ['sora-2/generate', 'input_reference'],
    ['arrow-1.1/vectorize', 'image'],
    ['grok-video/generate', 'image'],
  ] as const)('work in %s as %s', async (operation, field) => {
    const { studio, sandbox } = createStudio()
    const prompt = operation.startsWith('arrow') ? {} : { prompt: 'moving' }
    await played(studio.run(operation, { ...prompt, [field]: png() } as never))
    expect(String(sandbox.jobs()[0]?.input[field])).toMatch(/^https:\/\//)
  })
})
