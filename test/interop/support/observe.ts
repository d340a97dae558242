// What a client sees, as plain data without what must differ: ids, times, nonces, signatures, ports, keys.
import type { Stack } from './stack.ts'

export type Seen = {
  status: number
  headers: Record<string, unknown>
  body: unknown
}

/** Says nothing about the service: framing of one connection. */
const framing = ['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']

/** Sends a request and describes the answer. */
export async function see(stack: Stack, path: string, init: RequestInit = {}): Promise<Seen> {
  return describe(stack, await fetch(`${stack.url}${path}`, { redirect: 'manual', ...init }))
}

export async function describe(stack: Stack, response: Response): Promise<Seen> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== ''
  const headers = [...response.headers]
    .filter(([name]) => !framing.includes(name))
    .map(([name, value]) => [name, readable(name, value)])
  return plain(stack, {
    status: response.status,
    headers: Object.fromEntries(headers),
    body: isJson ? JSON.parse(text) : text,
  })
}

/** The same value with everything replaced that differs from run to run. */
export function plain<value>(stack: Stack, value: value): value {
  return walk(value, (text) => mask(stack, text)) as value
}

function readable(name: string, value: string): unknown {
  if (name === 'payment-required' || name === 'payment-response') return fromBase64(value)
  if (name === 'x-agent-identity') return fromBase64(value)
  return name === 'www-authenticate' ? readChallenge(value) : value
}

/** `Payment id="…", request="…"` with the request decoded; the id is a keyed hash. */
function readChallenge(value: string): unknown {
  const [scheme = ''] = value.split(' ')
  const fields = [...value.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', text = '']) => {
    if (name === 'id') return [name, `{${text.length} characters}`]
    return [name, name === 'request' ? fromBase64(text) : text]
  })
  return { scheme, ...Object.fromEntries(fields) }
}

function fromBase64(value: string): unknown {
  return JSON.parse(Buffer.from(value, 'base64').toString())
}

/** Of an offer on Solana: other ones at every time. */
const lives = ['recentBlockhash', 'lastValidBlockHeight']

function walk(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((one) => walk(one, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      lives.includes(name) ? `{${name}}` : walk(one, change),
    ]),
  )
}

function mask(stack: Stack, text: string): string {
  let masked = text
    .replaceAll(stack.url, '{origin}')
    .replaceAll(new URL(stack.url).host, '{host}')
    .replaceAll(stack.solana.feePayer, '{fee payer}')
  for (const [address, name] of stack.solana.named) masked = masked.replaceAll(address, `{${name}}`)
  for (const [name, { address }] of stack.wallets) {
    masked = masked
      .replaceAll(address, `{${name}}`)
      .replaceAll(address.toLowerCase(), `{${name}, lower case}`)
  }
  return masked
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z/g, (time) => `{${fromNow(time)}}`)
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, '{uuid}')
    .replace(/0x[0-9a-f]{64}(?![0-9a-f])/g, '{32 bytes}')
    .replace(/^[1-9A-HJ-NP-Za-km-z]{86,88}$/g, '{64 bytes in base58}')
    .replace(/^[0-9a-f]{64}$/g, '{64 hex digits}')
    .replace(/^[0-9a-f]{32}$/g, '{32 hex digits}')
    .replace(/\bc[0-9a-z]{24}\b/g, '{job}')
    .replace(/, \d{10}, \{32 bytes\}, \d+, /, ', {seconds}, {32 bytes}, {v}, ')
    .replace(/Version: viem@[\d.]+/, 'Version: {viem}')
    .replace(/vercel_blob_client_\w+/g, '{blob token}')
}

/** To half a minute, and as of some time before, so that it says how long a thing is good and not how fast the machine. */
function fromNow(time: string): string {
  const halves = Math.round((Date.parse(time) - Date.now() + 12_000) / 30_000)
  return halves === 0 ? 'now' : `now ${halves > 0 ? '+' : '-'} ${Math.abs(halves) * 30} s`
}
