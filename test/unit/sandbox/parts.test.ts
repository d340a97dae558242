// Bodies that break off in the middle, and parts of files that are asked for.
import { describe, expect, test } from 'vitest'
import { body, buy, generateUrl, get, post, setup } from './kit.ts'

describe('a body', () => {
  test('that is cut has its whole length in the headers and half of it in the stream', async () => {
    const { kit, link, whole } = await finished()
    kit.sandbox.faults.add({ step: 'output', kind: 'cut', times: 2 })
    const response = await kit.sandbox.fetch(link)
    expect([response.status, Number(response.headers.get('content-length'))]).toEqual([200, whole.length])
    const seen: Uint8Array[] = []
    const read = async () => {
      for await (const chunk of response.body ?? []) seen.push(chunk)
    }
    await expect(read()).rejects.toThrow(
      expect.objectContaining({ name: 'TypeError', message: 'terminated' }),
    )
    expect(Buffer.concat(seen)).toEqual(whole.subarray(0, Math.floor(whole.length / 2)))
    await expect((await kit.sandbox.fetch(link)).arrayBuffer()).rejects.toThrow('terminated')
    expect((await kit.sandbox.fetch(link)).status).toBe(200)
  })

  test('of a payment that is cut: the money has moved', async () => {
    const kit = setup()
    kit.sandbox.faults.add({ step: 'pay', kind: 'cut' })
    const response = await buy(kit)
    expect(response.headers.get('payment-response')).not.toBeNull()
    await expect(response.json()).rejects.toThrow('terminated')
    expect(kit.sandbox.settlements()).toHaveLength(1)
  })

  test('that is empty breaks too', async () => {
    const kit = setup()
    kit.sandbox.faults.add({ step: 'quote', kind: 'cut' })
    const response = await kit.sandbox.fetch(...post(generateUrl, body))
    expect(response.headers.get('payment-required')).not.toBeNull()
    await expect(response.text()).rejects.toThrow('terminated')
  })
})

async function finished() {
  const kit = setup()
  const { jobId } = await (await buy(kit)).json()
  kit.sandbox.clock.advance(60_000)
  const { result } = await (await get(kit, `/api/jobs/${jobId}`)).json()
  const link: string = result.imageUrl
  const whole = Buffer.from(await (await kit.sandbox.fetch(link)).arrayBuffer())
  return { kit, link, whole }
}

describe('a part of a file', () => {
  test.each<[string, (length: number) => [start: number, end: number]]>([
    ['bytes=100-', (length) => [100, length]],
    ['bytes=0-9', () => [0, 10]],
    ['bytes=5-99999999', (length) => [5, length]],
    ['bytes=-7', (length) => [length - 7, length]],
    ['bytes=-99999999', (length) => [0, length]],
  ])('%s', async (range, expected) => {
    const { kit, link, whole } = await finished()
    const response = await kit.sandbox.fetch(link, { headers: { range } })
    const [start, end] = expected(whole.length)
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${whole.length}`)
    expect(response.headers.get('content-length')).toBe(String(end - start))
    expect(Buffer.from(await response.arrayBuffer())).toEqual(whole.subarray(start, end))
  })

  test.each(['bytes=-', 'bytes=9-5', 'bytes=0-1,5-6', 'pages=1-2', 'bytes=a-'])(
    '%s is no range: the whole',
    async (range) => {
      const { kit, link, whole } = await finished()
      const response = await kit.sandbox.fetch(link, { headers: { range } })
      expect([response.status, response.headers.get('content-range')]).toEqual([200, null])
      expect((await response.arrayBuffer()).byteLength).toBe(whole.length)
    },
  )

  test.each(['bytes=99999999-', 'bytes=-0'])('%s lies outside', async (range) => {
    const { kit, link, whole } = await finished()
    const response = await kit.sandbox.fetch(link, { headers: { range } })
    expect([response.status, response.headers.get('content-range')]).toEqual([416, `bytes */${whole.length}`])
  })

  test('comes only of the file that If-Range names', async () => {
    const { kit, link } = await finished()
    const etag = (await kit.sandbox.fetch(link, { method: 'HEAD' })).headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[0-9a-f]+"$/)
    const ask = async (ifRange: string) =>
      (await kit.sandbox.fetch(link, { headers: { range: 'bytes=1-', 'if-range': ifRange } })).status
    expect([await ask(etag), await ask('"other"')]).toEqual([206, 200])
  })

  test('of one cut download and the rest of it is the file', async () => {
    const { kit, link, whole } = await finished()
    kit.sandbox.faults.add({ step: 'output', kind: 'cut' })
    const cut = await kit.sandbox.fetch(link)
    const first = await cut.body?.getReader().read()
    const at = first?.value?.length ?? 0
    const rest = await kit.sandbox.fetch(link, { headers: { range: `bytes=${at}-` } })
    expect(Buffer.concat([first?.value ?? Buffer.of(), Buffer.from(await rest.arrayBuffer())])).toEqual(whole)
  })
})
