// Files under public URLs: served without sign-in, from when they exist until they are taken down.

import { type Answer, type Incoming, text } from './messages.ts'
import type { SandboxClock } from './types.ts'

/** Where the live service's files lie. */
export const assetHost = 'wgunica1uhl5nijm.public.blob.vercel-storage.com'

/** How long a file stays up. */
export const assetLifeMs = 20 * 60_000

/** A file; its bytes are made when they are first asked for. */
export type Asset = {
  contentType: string
  /** From when it exists, ms. */
  from: number
  bytes(): Promise<Uint8Array<ArrayBuffer>>
}

export type AssetStore = {
  put(path: string, asset: Asset): void
  /** `undefined` before the file exists and after it was taken down. */
  get(path: string): Asset | undefined
}

export function createAssetStore(clock: SandboxClock): AssetStore {
  const assets = new Map<string, Asset>()
  return {
    put(path, asset) {
      for (const [old, { from }] of assets) if (clock.now() >= from + assetLifeMs) assets.delete(old)
      assets.set(path, asset)
    },
    get(path) {
      const asset = assets.get(path)
      const now = clock.now()
      return asset && now >= asset.from && now < asset.from + assetLifeMs ? asset : undefined
    },
  }
}

/** The base of asset URLs: the live host, or the sandbox's own address where it listens on plain http. */
export function assetBaseOf(origin: string): string {
  return origin.startsWith('http:') ? origin : `https://${assetHost}`
}

export async function serveAsset(store: AssetStore, incoming: Incoming): Promise<Answer> {
  const open = { 'access-control-allow-origin': '*' }
  if (!['GET', 'HEAD'].includes(incoming.method)) return text('Method not allowed', 405, open)
  const asset = store.get(incoming.url.pathname)
  if (!asset) return text('Not found', 404, open)
  const bytes = await asset.bytes()
  const headers = { 'content-type': asset.contentType, 'content-length': String(bytes.length), ...open }
  return { status: 200, headers, body: incoming.method === 'HEAD' ? '' : bytes }
}
