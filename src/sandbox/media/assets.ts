// Files under public URLs, served without sign-in until they expire.

import { hashText } from '../state/ids.ts'
import type { SandboxClock } from '../state/types.ts'
import { type Answer, type Incoming, text } from '../wire/messages.ts'

/** How long a file is available. */
const assetLifeMs = 20 * 60_000

/** A file, whose bytes are made on the first request. */
export type Asset = {
  contentType: string
  /** When it appears, ms since the epoch. */
  from: number
  bytes(): Promise<Uint8Array<ArrayBuffer>>
}

export function createAssetStore(clock: SandboxClock) {
  const assets = new Map<string, Asset>()
  return {
    put(path: string, asset: Asset): void {
      for (const [old, { from }] of assets) if (clock.now() >= from + assetLifeMs) assets.delete(old)
      assets.set(path, asset)
    },
    /** `undefined` before the file appears and after it has expired. */
    get(path: string): Asset | undefined {
      const asset = assets.get(path)
      const now = clock.now()
      return asset && now >= asset.from && now < asset.from + assetLifeMs ? asset : undefined
    },
  }
}

export async function serveAsset(
  assets: ReturnType<typeof createAssetStore>,
  incoming: Incoming,
): Promise<Answer> {
  const open = { 'access-control-allow-origin': '*' }
  const { method, url, headers: asked } = incoming
  if (!['GET', 'HEAD'].includes(method)) return text('Method not allowed', 405, open)
  const asset = assets.get(url.pathname)
  if (!asset) return text('Not found', 404, open)
  const bytes = await asset.bytes()
  const etag = `"${hashText(`${url.pathname} ${asset.from}`).toString(16)}${bytes.length.toString(16)}"`
  const part = [null, etag].includes(asked.get('if-range'))
    ? readRange(asked.get('range'), bytes.length)
    : undefined
  const about = { 'content-type': asset.contentType, 'accept-ranges': 'bytes', etag, ...open }
  if (part && part.start >= part.end) {
    return text('Range not satisfiable', 416, { ...open, 'content-range': `bytes */${bytes.length}` })
  }
  const { start, end } = part ?? { start: 0, end: bytes.length }
  const range = part && { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` }
  const headers = { ...about, 'content-length': String(end - start), ...range }
  return { status: part ? 206 : 200, headers, body: method === 'HEAD' ? '' : bytes.slice(start, end) }
}

/** A single byte range (RFC 9110 §14.1.2), up to `end`; anything else gets the whole file. */
function readRange(header: string | null, length: number): { start: number; end: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '')
    return last === '' ? undefined : { start: Math.max(0, length - Number(last)), end: length }
  if (last !== '' && Number(last) < Number(first)) return undefined
  return { start: Number(first), end: last === '' ? length : Math.min(length, Number(last) + 1) }
}
