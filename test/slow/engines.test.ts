// Engines that lack what is newer than ES2022, `fetch` and WebCrypto, or have it wrong: the whole flow works in each, and
// pays once. React Native, Expo, older Safari and URL polyfills are such engines.
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { createProxy } from '../../src/entries/proxy.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { counted, played, useTestClock } from '../support/clock.ts'
import { all, operation } from '../support/studio.ts'

useTestClock()

type Place = { of: object; name: string }

/** Names that ES2022 does not have, with `fetch` and WebCrypto as they first came. */
const newer: [string, () => Place[]][] = [
  ['URL.canParse', () => [{ of: URL, name: 'canParse' }]],
  ['URL.parse', () => [{ of: URL, name: 'parse' }]],
  ['AbortSignal.any', () => [{ of: AbortSignal, name: 'any' }]],
  ['AbortSignal.timeout', () => [{ of: AbortSignal, name: 'timeout' }]],
  ['throwIfAborted', () => [{ of: AbortSignal.prototype, name: 'throwIfAborted' }]],
  ['URLSearchParams.size', () => [{ of: URLSearchParams.prototype, name: 'size' }]],
  ['Response.json', () => [{ of: Response, name: 'json' }]],
  ['Response.bytes', () => [{ of: Response.prototype, name: 'bytes' }]],
  ['Blob.stream', () => [{ of: Blob.prototype, name: 'stream' }]],
  ['structuredClone', () => [{ of: globalThis, name: 'structuredClone' }]],
  ['Array.fromAsync', () => [{ of: Array, name: 'fromAsync' }]],
  ['Promise.withResolvers', () => [{ of: Promise, name: 'withResolvers' }]],
  ['Promise.try', () => [{ of: Promise, name: 'try' }]],
  ['Object.groupBy', () => [{ of: Object, name: 'groupBy' }]],
  ['Map.groupBy', () => [{ of: Map, name: 'groupBy' }]],
  ['crypto.randomUUID', () => [{ of: Crypto.prototype, name: 'randomUUID' }]],
  ['DOMException', () => [{ of: globalThis, name: 'DOMException' }]],
  ['setImmediate', () => [{ of: globalThis, name: 'setImmediate' }]],
  ...['toSorted', 'toReversed', 'toSpliced', 'with', 'findLast', 'findLastIndex'].map(
    (name): [string, () => Place[]] => [`Array.${name}`, () => [{ of: Array.prototype, name }]],
  ),
  ...['toBase64', 'toHex', 'setFromBase64'].map((name): [string, () => Place[]] => [
    `Uint8Array.${name}`,
    () => [{ of: Uint8Array.prototype, name }],
  ]),
  ...['isWellFormed', 'toWellFormed'].map((name): [string, () => Place[]] => [
    `String.${name}`,
    () => [{ of: String.prototype, name }],
  ]),
  ...['union', 'difference', 'isSubsetOf'].map((name): [string, () => Place[]] => [
    `Set.${name}`,
    () => [{ of: Set.prototype, name }],
  ]),
]

const undo: (() => void)[] = []
afterEach(() => {
  for (const restore of undo.splice(0).reverse()) restore()
  vi.unstubAllGlobals()
})

/** Puts something in a place of the engine until the test ends. */
function put({ of, name }: Place, how: PropertyDescriptor | undefined): void {
  const before = Object.getOwnPropertyDescriptor(of, name)
  if (!before) return
  undo.push(() => Object.defineProperty(of, name, before))
  if (!before.configurable) return
  if (how) Object.defineProperty(of, name, { ...how, configurable: true })
  else Reflect.deleteProperty(of, name)
}

const missing = (place: Place) => put(place, undefined)
const wrong = (place: Place) => put(place, { value: () => false, writable: true })
/** What tests and their runner use themselves. */
const ours = [
  'setImmediate',
  'throwIfAborted',
  'Response.json',
  'DOMException',
  'structuredClone',
  'String.toWellFormed',
]

/** An answer as React Native's: no stream, and no more than the oldest methods. */
async function streamless(answer: Response, give: 'arrayBuffer' | 'text'): Promise<Response> {
  const { status, headers } = answer
  const bytes = await answer.arrayBuffer()
  const body =
    give === 'text'
      ? { text: async () => new TextDecoder().decode(bytes) }
      : { arrayBuffer: async () => bytes, text: async () => new TextDecoder().decode(bytes) }
  return { status, headers, ok: answer.ok, url: answer.url, ...body } as Response
}

type Way = 'straight' | 'by the proxy'

/** Pays, waits, lists and downloads; also through the relay of a page. */
async function wholeFlow(
  way: Way,
  answers: (answer: Response) => Promise<Response> | Response = (one) => one,
) {
  const wallet = privateKeyToAccount(generatePrivateKey())
  const sandbox = createSandbox()
  sandbox.fund(wallet.address, '10')
  const proxy = createProxy({ fetch: async (target, init) => answers(await sandbox.fetch(target, init)) })
  const straight = counted(async (target, init) => answers(await sandbox.fetch(target, init)))
  const relayed = counted(async (target, init) => {
    const url = String(target)
    return url.startsWith('https://app.example/') ? proxy(new Request(url, init)) : straight(url, init)
  })
  const studio = new StableStudioClient({
    wallet,
    fetch: way === 'straight' ? straight : relayed,
    ...(way === 'by the proxy' && { baseUrl: 'https://app.example/api/stablestudio' }),
  })
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4])
  const look = { quality: 'low', size: '1024x1024' } as const
  const edit = { prompt: 'a lighthouse', images: [png], ...look }
  const image = await played(studio.run('gpt-image-1/edit', edit))
  const job = await played(studio.submit(operation, { prompt: 'a lighthouse', ...look }))
  await played(studio.wait(job))
  const jobs = await played(all(studio.jobs.list({ limit: 1 })))
  const bytes = await played(image.bytes())
  const attempts = await all(studio.payments())
  return { sandbox, jobs, bytes, attempts, recovered: await played(studio.recover()) }
}

async function expectWholeFlow(way: Way, answers?: Parameters<typeof wholeFlow>[1]): Promise<void> {
  const { sandbox, jobs, bytes, attempts, recovered } = await wholeFlow(way, answers)
  // An upload, an edit and a picture.
  expect(sandbox.settlements()).toHaveLength(3)
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(2)
  expect(bytes.length).toBeGreaterThan(1_000)
  expect(attempts.map(({ state }) => state)).toEqual(['settled', 'settled', 'settled'])
  expect(recovered).toEqual([])
}

describe.each(['straight', 'by the proxy'] as const)('the whole flow, %s, in an engine', (way) => {
  it.each(newer.filter(([name]) => !ours.includes(name)))('without %s', async (_name, places) => {
    for (const place of places()) missing(place)
    await expectWholeFlow(way)
  })

  it('without any of them', async () => {
    for (const [name, places] of newer) if (!ours.includes(name)) for (const place of places()) missing(place)
    await expectWholeFlow(way)
  })

  it.each(newer.filter(([name]) => /canParse|any|size|fromAsync|withResolvers|randomUUID/.test(name)))(
    'whose %s answers wrongly',
    async (_name, places) => {
      for (const place of places()) wrong(place)
      await expectWholeFlow(way)
    },
  )

  it.each(['arrayBuffer', 'text'] as const)('whose answers have no stream, only %s', async (give) => {
    // A picture is no text.
    const answers = async (answer: Response) => {
      const binary = /image|octet/.test(answer.headers.get('content-type') ?? '')
      return streamless(answer, binary ? 'arrayBuffer' : give)
    }
    await expectWholeFlow(way, answers)
  })

  it('whose answers have a body that is always null', async () => {
    const answers = (answer: Response) => Object.defineProperty(answer, 'body', { value: null })
    await expectWholeFlow(way, answers)
  })

  it('whose bodies are streams of another kind, as with node-fetch', async () => {
    const answers = (answer: Response) => Object.defineProperty(answer, 'body', { value: { pipe() {} } })
    await expectWholeFlow(way, answers)
  })
})

describe('a hidden page in an engine without AbortSignal.any', () => {
  it('collects its picture once it is shown', async () => {
    missing({ of: AbortSignal, name: 'any' })
    const page = Object.assign(new EventTarget(), { visibilityState: 'hidden' })
    vi.stubGlobal('document', page)
    setTimeout(() => {
      page.visibilityState = 'visible'
      page.dispatchEvent(new Event('visibilitychange'))
    }, 60_000)
    await expectWholeFlow('straight')
  })
})
