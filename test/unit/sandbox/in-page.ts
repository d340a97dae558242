// What the test of a page does with the sandbox: whole generations with their downloads, and an upload.
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { played, useTestClock } from '../../support/clock.ts'
import { createStudio, input, operation } from '../../support/studio.ts'

const text = (bytes: Uint8Array) => new TextDecoder('latin1').decode(bytes)

/** The tests of one environment, which must be what its file asks for. */
export function testsInPage(environment: RegExp): void {
  useTestClock()

  test('runs where it should', () => {
    expect(navigator.userAgent).toMatch(environment)
    expect(document.createElement('img').tagName).toBe('IMG')
  })

  test.each([
    [operation, input, 'image/png', 'PNG'],
    ['arrow-1.1/vectorize', { image: 'https://a.example/b.png' }, 'image/svg+xml', '<svg'],
    ['sora-2/generate', { prompt: 'a fox' }, 'video/mp4', 'ftyp'],
  ] as const)('%s pays once and its file is downloaded', async (name, value, type, sign) => {
    const { studio, sandbox } = createStudio()
    const output = await played(
      studio.run(name as string, value as Record<string, unknown>, { maxPrice: '9' }),
    )
    const bytes = await played(output.bytes())
    expect(text(bytes.subarray(0, 2000))).toContain(sign)
    const blob = await played(output.blob())
    expect([blob.type, blob.size]).toEqual([type, bytes.length])
    expect(blob).toBeInstanceOf(Blob)
    expect(sandbox.settlements()).toHaveLength(1)
    expect(sandbox.requests().filter(({ status }) => status >= 500)).toEqual([])
  })

  test.each([
    ['a Blob', () => new Blob([png()], { type: 'image/png' })],
    ['a File', () => new File([png()], 'a.png', { type: 'image/png' })],
    ['bytes', png],
  ])('%s of the page is uploaded', async (_what, make) => {
    const { studio, sandbox } = createStudio()
    const upload = await played(studio.upload(make()))
    const stored = await sandbox.fetch(upload.url)
    expect(new Uint8Array(await stored.arrayBuffer())).toEqual(png())
    expect(sandbox.settlements()).toHaveLength(1)
  })

  test('headers, signals and bodies of the page are taken', async () => {
    const { sandbox } = createStudio()
    const url = 'https://stablestudio.dev/api/generate/gpt-image-1.5/generate'
    const headers = new Headers({ 'content-type': 'application/json' })
    const { signal } = new AbortController()
    const body = JSON.stringify(input)
    const response = await sandbox.fetch(url, { method: 'POST', headers, body, signal })
    expect([response.status, response.headers.has('payment-required')]).toEqual([402, true])
  })

  test('a cut download is cut here too', async () => {
    const { studio, sandbox } = createStudio()
    const output = await played(studio.run(operation, input))
    sandbox.faults.add({ step: 'output', kind: 'cut' })
    const response = await sandbox.fetch(output.url)
    await expect(response.arrayBuffer()).rejects.toThrow('terminated')
  })

  test('listen() serves it', async () => {
    const { sandbox } = createStudio()
    const server = await sandbox.listen()
    const url = `${server.url}/api/generate/gpt-image-1.5/generate`
    const headers = { 'content-type': 'application/json' }
    const status = await new Promise((resolve, reject) => {
      const sent = request(url, { method: 'POST', headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sent.once('error', reject)
      sent.end(JSON.stringify(input))
    })
    expect(status).toBe(402)
    await server.close()
  })
}

function png(): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(
    0x89,
    0x50,
    0x4e,
    0x47,
    0x0d,
    0x0a,
    0x1a,
    0x0a,
    0,
    0,
    0,
    13,
    73,
    72,
    68,
    82,
    0,
    0,
    0,
    1,
  )
}
