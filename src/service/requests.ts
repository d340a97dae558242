// What every request to the service has in common, and what tells its answers from those of an edge or a bot check.
import type { Context } from '../context.ts'
import { decodeText } from '../internal/base64.ts'
import type { HttpAnswer } from '../internal/http.ts'
import { isRecord, own, ownString, parseJson } from '../internal/json.ts'
import { isLocal } from '../internal/url.ts'
import type { Challenge } from '../methods/method.ts'

export const jsonHeaders = { 'content-type': 'application/json', accept: 'application/json' }

/** The paid route that issues upload tickets. */
export const uploadPath = '/api/upload'

export function urlOf(context: Context, path: string): string {
  return `${context.baseUrl}${path}`
}

/**
 * The 402 answer as payment methods see it. Its resource is under the service's origin, whatever URL was called. Only a
 * service on this machine may name the URL, so that a sandbox that listens needs no `origin`.
 */
export function challengeOf(context: Context, path: string, answer: HttpAnswer): Challenge {
  return {
    resources: [`${context.origin}${path}`, ...(isLocal(context.baseUrl) ? [urlOf(context, path)] : [])],
    now: context.clock.now(),
    headers: answer.headers,
    body: answer.text(),
  }
}

/** The parts of an input that must not be shown if the service echoes them. */
export function secretsOf(input: Record<string, unknown>): string[] {
  return Object.values(input)
    .flat()
    .filter((value) => typeof value === 'string')
}

/** The same for a payment header: it, and its signature or transaction, which a facilitator may repeat in on-chain form. */
export function secretsOfHeader(header: string): string[] {
  const credential = decodeText(header.replace(/^Payment /i, ''))
  const payload = own(parseJson(credential ?? ''), 'payload')
  const inside = [ownString(payload, 'signature'), ownString(payload, 'transaction')]
  return [header, ...inside.filter((one) => one !== undefined)]
}

/** The service itself answers with JSON. An HTML page, from an edge or a bot check, decides nothing. */
export function isWordOfService(answer: HttpAnswer): boolean {
  return isRecord(answer.json())
}

export const refusedInput: readonly number[] = [400, 422]

/** Job ids are opaque, but must be safe in a URL and in a record's key. */
const jobIdPattern = /^[A-Za-z0-9_-]+$/
const maxJobId = 128

export function isJobId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxJobId && jobIdPattern.test(value)
}
