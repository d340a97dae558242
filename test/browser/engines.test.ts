// Other engines, in a real one: each thing newer than ES2022 and plain `fetch` is taken away or answers wrongly, alone
// and with all others, before the page loads. The whole flow through the relay on IndexedDB must not notice.
import type { Browser } from 'playwright-core'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from './support/chromium.ts'
import type { FlowResult, Harness, RunCall } from './support/harness.ts'
import { type PlainPage, servePlainPage } from './support/plain-page.ts'

/** Code that runs in the page first. A path is taken away with all that it names. */
const without = (...paths: string[]) =>
  paths.map((path) => {
    const at = path.lastIndexOf('.')
    const [owner, name] = at < 0 ? ['globalThis', path] : [path.slice(0, at), path.slice(at + 1)]
    return `try { delete ${owner}[${name.startsWith('[') ? name.slice(1, -1) : JSON.stringify(name)}] } catch {}`
  })
const lists = ['Array', 'Uint8Array.__proto__']
const answering = (owner: string, name: string, code: string) => [
  `Object.defineProperty(${owner}, '${name}', { configurable: true, ${code} })`,
]

const engines: Record<string, string[]> = {
  'URL.canParse is missing': without('URL.canParse', 'URL.parse'),
  'AbortSignal.any is missing': without('AbortSignal.any'),
  'AbortSignal.timeout is missing': without('AbortSignal.timeout'),
  'throwIfAborted is missing': without('AbortSignal.prototype.throwIfAborted'),
  'URLSearchParams.size is missing': without('URLSearchParams.prototype.size'),
  'answers have no stream': answering('Response.prototype', 'body', 'get: () => undefined'),
  'requests have no stream': answering('Request.prototype', 'body', 'get: () => undefined'),
  'streams cannot be iterated': [
    ...without('ReadableStream.from'),
    'delete ReadableStream.prototype[Symbol.asyncIterator]',
  ],
  'new promises are missing': without('Promise.withResolvers', 'Promise.try', 'Array.fromAsync'),
  'structuredClone is missing': without('structuredClone'),
  'groupBy is missing': without('Object.groupBy', 'Map.groupBy'),
  'new methods of lists are missing': lists.flatMap((list) =>
    without(
      ...['toSorted', 'toReversed', 'toSpliced', 'with', 'findLast', 'findLastIndex'].map(
        (name) => `${list}.prototype.${name}`,
      ),
    ),
  ),
  'new methods of sets and iterators are missing': without(
    'Set.prototype.union',
    'Set.prototype.isSubsetOf',
    'Set.prototype.difference',
    'Iterator',
  ),
  'well-formed texts are unknown': without('String.prototype.isWellFormed', 'String.prototype.toWellFormed'),
  'crypto.randomUUID is missing': without('Crypto.prototype.randomUUID'),
  'blobs have no stream': without(
    'Blob.prototype.stream',
    'Blob.prototype.bytes',
    'Response.prototype.bytes',
  ),
  'blobs have no arrayBuffer': without('Blob.prototype.arrayBuffer'),
  'bytes know no hexadecimal and base64': without(
    ...['fromBase64', 'fromHex'].map((name) => `Uint8Array.${name}`),
    ...['toBase64', 'toHex', 'setFromBase64', 'setFromHex'].map((name) => `Uint8Array.prototype.${name}`),
  ),
  'locks and channels are missing': without(
    'Navigator.prototype.locks',
    'Navigator.prototype.storage',
    'BroadcastChannel',
    'scheduler',
    'requestIdleCallback',
    'queueMicrotask',
    'reportError',
  ),
  'buffers cannot be transferred': without(
    'ArrayBuffer.prototype.transfer',
    'ArrayBuffer.prototype.resize',
    'SharedArrayBuffer',
  ),
  'IndexedDB is old': [
    ...without(
      'IDBObjectStore.prototype.getAllKeys',
      'IDBObjectStore.prototype.getAll',
      'IDBFactory.prototype.databases',
    ),
    `{ const begin = IDBDatabase.prototype.transaction
      IDBDatabase.prototype.transaction = function (names, mode, options) {
        if (options) throw new TypeError('options are not known')
        return begin.call(this, names, mode)
      } }`,
  ],
}

/** What answers wrongly, or breaks now and then; not to be had together with what is missing. */
const wrong: Record<string, string[]> = {
  'URL.canParse says no to everything': answering('URL', 'canParse', 'value: () => false'),
  'AbortSignal.any throws': answering(
    'AbortSignal',
    'any',
    "value: () => { throw new TypeError('not a function') }",
  ),
  'AbortSignal.any joins nothing': answering(
    'AbortSignal',
    'any',
    'value: () => new AbortController().signal',
  ),
  'URLSearchParams.size is always 0': answering('URLSearchParams.prototype', 'size', 'get: () => 0'),
  'structuredClone throws': answering(
    'globalThis',
    'structuredClone',
    "value: () => { throw new Error('no') }",
  ),
  'the system closes IndexedDB now and then': [
    `{ const begin = IDBDatabase.prototype.transaction
      let count = 0
      IDBDatabase.prototype.transaction = function (...given) {
        count += 1
        if (count % 20 === 3) throw new DOMException('Connection to Indexed Database server lost.', 'UnknownError')
        if (count % 20 === 13) this.close()
        return begin.apply(this, given)
      } }`,
  ],
}

let browser: Browser
let plain: PlainPage

beforeAll(async () => {
  browser = await launchChromium()
  plain = await servePlainPage()
})
afterAll(async () => {
  await plain?.close()
  await browser?.close()
})

async function play(code: readonly string[]): Promise<{ result: FlowResult; settled: string[] }> {
  const privateKey = generatePrivateKey()
  const { address } = privateKeyToAccount(privateKey)
  plain.sandbox.fund(address, '20')
  const context = await browser.newContext()
  try {
    await context.addInitScript({ content: code.map((line) => `${line};`).join('\n') })
    const page = await context.newPage()
    await page.goto(plain.url)
    await page.waitForFunction(() => 'harness' in window)
    const call: RunCall = {
      privateKey,
      baseUrl: `${plain.url}/api/stablestudio`,
      origin: plain.url,
      store: 'engines',
    }
    const result = await page.evaluate(
      (one) => (window as unknown as { harness: Harness }).harness.flow(one),
      call,
    )
    const settled = plain.sandbox.settlements().filter(({ from }) => from === address)
    return { result, settled: settled.map(({ operation }) => operation) }
  } finally {
    await context.close()
  }
}

describe.concurrent('the whole flow works where', () => {
  const all = Object.values(engines).flat()
  it.concurrent.for([
    ['nothing is missing', []],
    ...Object.entries({ ...engines, ...wrong }),
    ['all of it is missing', all],
    [
      'all of it is missing, and the system closes IndexedDB',
      [...all, ...Object.values(wrong).slice(-1).flat()],
    ],
  ] as [string, string[]][])('%s', async ([, code]) => {
    const { result, settled } = await play(code)
    expect(result.error).toBeUndefined()
    expect(settled).toEqual(['grok/generate', 'upload'])
    expect(result.listed).toEqual([result.jobId])
    expect(result.bytes).toBeGreaterThan(100)
    const hosted = await plain.sandbox.fetch(result.upload ?? '')
    expect((await hosted.arrayBuffer()).byteLength).toBe(result.bytes)
    expect(result.states).toEqual(['grok/generate settled', 'upload settled'])
  })
})
