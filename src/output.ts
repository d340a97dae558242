// Results → outputs: where the asset lies, how long, and the means to download it.
import type { Context } from './config.ts'
import { OutputError } from './errors.ts'
import type { HttpAnswer, HttpResult } from './internal/http.ts'
import { isRedirect } from './internal/http.ts'
import { own, ownString } from './internal/json.ts'
import type { AssetKind, Output, Receipt } from './types.ts'

/** The published lifetime of an asset. */
const lifetimeMs = 20 * 60_000
const maxAssetBytes = 512 * 1024 * 1024
const downloadTimeoutMs = 5 * 60_000

/** The asset URLs inside a job's `result`; everything observed so far is `imageUrl` or `videoUrl`. */
export function readResult(job: unknown): { url: string; thumbnailUrl?: string; video: boolean } | undefined {
  const result = own(job, 'result')
  for (const place of [result, job]) {
    const video = ownString(place, 'videoUrl')
    const url = video ?? ownString(place, 'imageUrl') ?? ownString(place, 'url')
    if (!url) continue
    const thumbnailUrl = ownString(place, 'thumbnailUrl')
    return { url, video: video !== undefined, ...(thumbnailUrl && { thumbnailUrl }) }
  }
  return undefined
}

/** An output of a finished job. Downloads go through the client's `fetch`, without the wallet's headers. */
export function createOutput(
  context: Context,
  job: { jobId: string; doneAt: string; kind: AssetKind; receipt?: Receipt | undefined },
  result: { url: string; thumbnailUrl?: string },
): Output {
  const done = Date.parse(job.doneAt)
  const expiresAt = new Date((Number.isNaN(done) ? Date.now() : done) + lifetimeMs).toISOString()
  const output = {
    kind: job.kind,
    url: result.url,
    ...(job.kind === 'video' && result.thumbnailUrl && { thumbnailUrl: result.thumbnailUrl }),
    expiresAt,
    jobId: job.jobId,
    ...(job.receipt && { receipt: job.receipt }),
  }
  const download = () => downloadAsset(context, result.url, expiresAt)
  // Not enumerable: an output is logged and stored as plain data.
  return Object.defineProperties(output, {
    blob: { value: async () => toBlob(await download()) },
    bytes: { value: async () => (await download()).bytes },
  }) as unknown as Output
}

function toBlob(answer: HttpAnswer): Blob {
  return new Blob([answer.bytes], { type: answer.headers.get('content-type') ?? '' })
}

async function downloadAsset(context: Context, url: string, expiresAt: string): Promise<HttpAnswer> {
  checkAssetUrl(url, context)
  const result = await context.http({
    method: 'GET',
    url,
    timeoutMs: downloadTimeoutMs,
    maxBytes: maxAssetBytes,
  })
  if (result.kind === 'answer' && result.status === 200) return result
  throw downloadError(result, expiresAt)
}

function checkAssetUrl(url: string, context: Context): void {
  if (URL.canParse(url)) {
    const { protocol, origin, username, password } = new URL(url)
    // Plain http only where the service itself is on this machine.
    const local = origin === context.origin || origin === new URL(context.baseUrl).origin
    if ((protocol === 'https:' || (protocol === 'http:' && local)) && !username && !password) return
  }
  throw outputError('The asset is not at a https address.', 'output_not_allowed')
}

function downloadError(result: HttpResult, expiresAt: string): OutputError {
  if (result.kind === 'failure') {
    if (result.reason !== 'too_large') {
      return outputError(
        'The asset could not be downloaded.',
        'output_failed',
        'Try again before it expires.',
        result.cause,
      )
    }
    return outputError(`The asset is larger than ${maxAssetBytes} bytes.`, 'output_too_large')
  }
  if (isRedirect(result.status)) return outputError('The asset redirects elsewhere.', 'output_not_allowed')
  const gone = result.status === 404 || result.status === 410 || Date.now() > Date.parse(expiresAt)
  if (!gone) return outputError(`The asset's host answered with HTTP ${result.status}.`, 'output_failed')
  const hint = 'Assets live about 20 minutes: download them at once. `jobs.get` may know a fresh address.'
  return outputError(`The asset is gone (it expired at ${expiresAt}).`, 'output_expired', hint)
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
