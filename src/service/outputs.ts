// Turns results into outputs: where the asset is, for how long, and how to download it.
import { bounded } from '../boundary.ts'
import { wrongOptions } from '../call.ts'
import type { Context } from '../context.ts'
import type { ErrorCode } from '../errors/facts.ts'
import { OutputError, StableStudioError } from '../errors.ts'
import { fromBase64, toBase64 } from '../internal/base64.ts'
import { type Check, checkInteger, checkMs, checkOptions, checkSignal } from '../internal/check.ts'
import { type HttpResult, isRedirect } from '../internal/http.ts'
import { own, ownString } from '../internal/json.ts'
import { createDeadline } from '../internal/time.ts'
import { parseUrl } from '../internal/url.ts'
import type { AssetKind, DownloadOptions, Job, Output } from '../types.ts'

/** The published lifetime of an asset. */
const lifetimeMs = 20 * 60_000
const maxAssetBytes = 512 * 1024 * 1024
/** A connection may drop more than once during a large file. */
const downloadRetries = 4
const downloadTimeoutMs = 5 * 60_000
const inlineSvg = 'data:image/svg+xml;base64,'

export const downloadChecks: Record<keyof DownloadOptions, Check> = {
  signal: checkSignal,
  timeout: checkMs,
  maxBytes: checkInteger(1, Number.MAX_SAFE_INTEGER),
}

export type Result = { url: string; thumbnailUrl?: string; video: boolean }

/**
 * The asset of a finished job. Every observed job has `imageUrl` or `videoUrl`; the service's documentation also
 * mentions SVG text, which becomes a `data:` URL.
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

/** What may precede the root of an SVG: instructions, comments, and a DOCTYPE with or without an internal subset. */
const prolog = [/\s+/y, /<\?[^>]*>/y, /<!--[\s\S]*?-->/y, /<!DOCTYPE[^>[]*(\[[^\]]*\])?\s*>/iy]
const svgRoot = /<([\w.-]+:)?svg[\s/>]/y
const longestProlog = 100

function isSvg(value: unknown): value is string {
  if (typeof value !== 'string') return false
  let at = value.startsWith('\ufeff') ? 1 : 0
  const skip = (pattern: RegExp) => {
    pattern.lastIndex = at
    const length = pattern.exec(value)?.[0].length ?? 0
    at += length
    return length > 0
  }
  for (let parts = 0; parts < longestProlog && prolog.some(skip); parts += 1);
  return skip(svgRoot)
}

/** Longer than any signed URL of a blob host. */
const longestUrl = 4_096

/**
 * Whether a URL may be returned and fetched: https without credentials and of sane length, or an inline SVG made here.
 * Plain http is allowed only if the service itself runs on this machine.
 */
export function isAllowedAsset(context: Omit<Downloader, 'http'>, url: string): boolean {
  if (url.startsWith(inlineSvg)) return true
  const parsed = url.length <= longestUrl ? parseUrl(url) : undefined
  if (!parsed || parsed.username || parsed.password) return false
  const local = parsed.origin === context.origin || parsed.origin === parseUrl(context.baseUrl)?.origin
  return parsed.protocol === 'https:' || (parsed.protocol === 'http:' && local)
}

/** What an output is made from, besides the result. */
export type OutputFacts = {
  jobId: string
  /** ISO 8601. */
  doneAt: string
  kind: AssetKind
  /** The paid job, if more than its id is known. */
  paid?: Job | undefined
  /** Asks the service again for the asset's URL. */
  renew(): Promise<string | undefined>
}

type Download = { kind: 'download'; bytes: Uint8Array<ArrayBuffer>; type: string }

/** The output of a finished job. Downloads use the client's `fetch`, without the wallet's headers. */
export function createOutput(context: Context, job: OutputFacts, result: Result): Output {
  const expiresAt = expiryOf(job.doneAt)
  const output = {
    kind: job.kind,
    url: result.url,
    ...thumbnailOf(context, job, result),
    expiresAt,
    jobId: job.jobId,
    ...(job.paid?.receipt && { receipt: job.paid.receipt }),
  }
  const asset = { url: result.url, expiresAt }
  const download = <value>(options: DownloadOptions | undefined, then: (download: Download) => value) =>
    leaving(context, job, options, async () => then(await downloadAsset(context, job, asset, options)))
  // Not enumerable, so that an output can be logged and stored as plain data.
  const blob: Output['blob'] = (options) =>
    download(options, ({ bytes, type }) => new Blob([bytes], { type }))
  const bytes: Output['bytes'] = (options) => download(options, (done) => done.bytes)
  return Object.defineProperties(output, {
    blob: { value: blob },
    bytes: { value: bytes },
  }) as unknown as Output
}

function thumbnailOf(context: Context, { kind }: OutputFacts, { thumbnailUrl }: Result) {
  return kind === 'video' && thumbnailUrl && isAllowedAsset(context, thumbnailUrl) ? { thumbnailUrl } : {}
}

/** Errors of a download carry the job, which stays paid, as in any other call. */
function leaving<value>(
  context: Context,
  { jobId, paid }: OutputFacts,
  options: DownloadOptions | undefined,
  work: () => Promise<value>,
): Promise<value> {
  const issues = checkOptions(options ?? {}, downloadChecks)
  const { timeout = downloadTimeoutMs, signal } = (issues.length === 0 && options) || {}
  const deadline = createDeadline(timeout, signal, context.instant)
  const known = paid && { job: paid, attemptId: paid.attemptId }
  const trace = { phase: 'output', payment: 'settled', jobId, keyed: true, ...known } as const
  return bounded(context, { deadline, trace }, async () => {
    if (issues.length > 0) throw wrongOptions(issues)
    return work()
  })
}

function expiryOf(doneAt: string): string {
  const expires = new Date(Date.parse(doneAt) + lifetimeMs)
  return (Number.isNaN(expires.getTime()) ? new Date(Date.now() + lifetimeMs) : expires).toISOString()
}

/** What a download needs of a client. */
type Downloader = Pick<Context, 'http' | 'origin' | 'baseUrl'>

export async function downloadAsset(
  context: Downloader,
  job: Pick<OutputFacts, 'renew'>,
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

async function fetchAsset(
  context: Downloader,
  url: string,
  options: DownloadOptions,
): Promise<Download | HttpResult> {
  if (!isAllowedAsset(context, url))
    throw outputError('The asset is not at an https address.', 'output_not_allowed')
  const result = await context.http({
    method: 'GET',
    url,
    timeoutMs: options.timeout ?? downloadTimeoutMs,
    maxBytes: options.maxBytes ?? maxAssetBytes,
    retries: downloadRetries,
    skipErrors: true,
    signal: options.signal,
  })
  if (result.kind !== 'answer' || result.status !== 200) return result
  const type = result.headers.get('content-type') ?? ''
  // A bot check or a login page; an asset is never HTML.
  if (/^\s*text\/html/i.test(type))
    throw outputError("The asset's host answered with a page.", 'output_failed')
  return { kind: 'download', bytes: result.bytes, type }
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
    const hint = 'Download it again before it expires; that moves no money.'
    return outputError('The asset could not be downloaded.', 'output_failed', hint, result.cause)
  }
  if (isRedirect(result.status)) return outputError('The asset redirects elsewhere.', 'output_not_allowed')
  const gone = result.status === 404 || result.status === 410 || Date.now() > Date.parse(expiresAt)
  if (!gone) return outputError(`The asset's host answered with HTTP ${result.status}.`, 'output_failed')
  const hint = 'Assets last about 20 minutes: download them at once. `jobs.get` may have a new URL.'
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
  code: ErrorCode,
  hint = 'The job stays paid; `jobs.get` shows it again.',
  cause?: unknown,
): OutputError {
  return new OutputError(message, { code, safeToRetry: true, hint, cause })
}
