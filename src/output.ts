// Results → outputs: where the asset lies, how long, and the means to download it.
import type { Context } from './context.ts'
import { OutputError, StableStudioError } from './errors.ts'
import { fromBase64, toBase64 } from './internal/base64.ts'
import { type HttpResult, isRedirect } from './internal/http.ts'
import { own, ownString } from './internal/json.ts'
import { parseUrl } from './internal/url.ts'
import type { AssetKind, DownloadOptions, Output, Receipt } from './types.ts'

/** The published lifetime of an asset. */
const lifetimeMs = 20 * 60_000
const maxAssetBytes = 512 * 1024 * 1024
const downloadTimeoutMs = 5 * 60_000
const inlineSvg = 'data:image/svg+xml;base64,'

/** What a job's `result` names. */
export type Result = { url: string; thumbnailUrl?: string; video: boolean }

/**
 * The asset of a finished job: `imageUrl` or `videoUrl` in all that was observed; the documents also speak of SVG text,
 * which becomes a `data:` URL.
 */
export function readResult(job: unknown): Result | undefined {
  const result = own(job, 'result')
  const svg = [result, ownString(result, 'svg'), ownString(result, 'content')].find(isSvg)
  if (svg) return { url: `${inlineSvg}${toBase64(new TextEncoder().encode(svg))}`, video: false }
  for (const place of [result, job]) {
    const video = ownString(place, 'videoUrl')
    const url = video ?? ownString(place, 'imageUrl') ?? ownString(place, 'url')
    if (!url) continue
    const thumbnailUrl = ownString(place, 'thumbnailUrl')
    return { url, video: video !== undefined, ...(thumbnailUrl && { thumbnailUrl }) }
  }
  return undefined
}

function isSvg(value: unknown): value is string {
  return typeof value === 'string' && /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)?<svg[\s/>]/.test(value)
}

/** What an output is made from beside the result. */
export type OutputFacts = {
  jobId: string
  /** ISO 8601. */
  doneAt: string
  kind: AssetKind
  receipt?: Receipt | undefined
  /** Asks the service once more where the asset lies. */
  renew(): Promise<string | undefined>
}

type Download = { kind: 'download'; bytes: Uint8Array<ArrayBuffer>; type: string }

/** An output of a finished job. Downloads go through the client's `fetch`, without the wallet's headers. */
export function createOutput(context: Context, job: OutputFacts, result: Result): Output {
  const expiresAt = expiryOf(job.doneAt)
  const output = {
    kind: job.kind,
    url: result.url,
    ...(job.kind === 'video' && result.thumbnailUrl && { thumbnailUrl: result.thumbnailUrl }),
    expiresAt,
    jobId: job.jobId,
    ...(job.receipt && { receipt: job.receipt }),
  }
  const download = (options?: DownloadOptions) =>
    downloadAsset(context, job, { url: result.url, expiresAt }, options)
  // Not enumerable: an output is logged and stored as plain data.
  return Object.defineProperties(output, {
    blob: {
      value: async (options?: DownloadOptions) => {
        const { bytes, type } = await download(options)
        return new Blob([bytes], { type })
      },
    },
    bytes: { value: async (options?: DownloadOptions) => (await download(options)).bytes },
  }) as unknown as Output
}

function expiryOf(doneAt: string): string {
  const expires = new Date(Date.parse(doneAt) + lifetimeMs)
  return (Number.isNaN(expires.getTime()) ? new Date(Date.now() + lifetimeMs) : expires).toISOString()
}

async function downloadAsset(
  context: Context,
  job: OutputFacts,
  asset: { url: string; expiresAt: string },
  options: DownloadOptions = {},
): Promise<Download> {
  if (asset.url.startsWith(inlineSvg)) {
    const bytes = fromBase64(asset.url.slice(inlineSvg.length)) ?? new Uint8Array()
    return { kind: 'download', bytes: new Uint8Array(bytes), type: 'image/svg+xml' }
  }
  const first = await fetchAsset(context, asset.url, options)
  if (first.kind === 'download') return first
  const error = downloadError(first, asset.expiresAt, options)
  if (error.code !== 'output_expired') throw error
  const renewed = await job.renew().catch(() => undefined)
  if (!renewed || renewed === asset.url) throw error
  const second = await fetchAsset(context, renewed, options)
  if (second.kind !== 'download') throw error
  return second
}

/** The asset, or the result that it could not be had by. */
async function fetchAsset(
  context: Context,
  url: string,
  options: DownloadOptions,
): Promise<Download | HttpResult> {
  checkAssetUrl(url, context)
  const result = await context.http({
    method: 'GET',
    url,
    timeoutMs: options.timeout ?? downloadTimeoutMs,
    maxBytes: options.maxBytes ?? maxAssetBytes,
    retries: 2,
    signal: options.signal,
  })
  if (result.kind !== 'answer' || result.status !== 200) return result
  return { kind: 'download', bytes: result.bytes, type: result.headers.get('content-type') ?? '' }
}

function checkAssetUrl(url: string, context: Context): void {
  const parsed = parseUrl(url)
  if (parsed) {
    const { protocol, origin, username, password } = parsed
    // Plain http only where the service itself is on this machine.
    const local = origin === context.origin || origin === new URL(context.baseUrl).origin
    if ((protocol === 'https:' || (protocol === 'http:' && local)) && !username && !password) return
  }
  throw outputError('The asset is not at a https address.', 'output_not_allowed')
}

function downloadError(
  result: HttpResult,
  expiresAt: string,
  { maxBytes, signal }: DownloadOptions,
): StableStudioError {
  if (result.kind === 'failure') {
    if (result.reason === 'aborted') return abortedDownload(signal)
    if (result.reason === 'too_large') {
      return outputError(`The asset is larger than ${maxBytes ?? maxAssetBytes} bytes.`, 'output_too_large')
    }
    const hint = 'Try again before it expires.'
    return outputError('The asset could not be downloaded.', 'output_failed', hint, result.cause)
  }
  if (isRedirect(result.status)) return outputError('The asset redirects elsewhere.', 'output_not_allowed')
  const gone = result.status === 404 || result.status === 410 || Date.now() > Date.parse(expiresAt)
  if (!gone) return outputError(`The asset's host answered with HTTP ${result.status}.`, 'output_failed')
  const hint = 'Assets live about 20 minutes: download them at once. `jobs.get` may know a fresh address.'
  return outputError(`The asset is gone (it expired at ${expiresAt}).`, 'output_expired', hint)
}

function abortedDownload(signal: AbortSignal | undefined): StableStudioError {
  return new StableStudioError('The download was aborted.', {
    code: 'aborted',
    phase: 'output',
    payment: 'settled',
    safeToRetry: true,
    cause: signal?.reason,
  })
}

function outputError(
  message: string,
  code: 'output_expired' | 'output_failed' | 'output_not_allowed' | 'output_too_large',
  hint = 'The job stays paid; `jobs.get` shows it again.',
  cause?: unknown,
): OutputError {
  const safeToRetry = true
  return new OutputError(message, { code, phase: 'output', payment: 'settled', safeToRetry, hint, cause })
}
