import type { Context } from '../context.ts'
import { decodeText } from '../internal/base64.ts'
import type { HttpAnswer } from '../internal/http.ts'
import { own, ownString, parseJson } from '../internal/json.ts'
import type { Challenge } from '../methods/method.ts'

export const jsonHeaders = { 'content-type': 'application/json', accept: 'application/json' }

/** The paid route that issues upload tickets. */
export const uploadPath = '/api/upload'

/** The URL for a path of the service. */
export function urlOf(context: Context, path: string): string {
  return `${context.baseUrl}${path}`
}

/** The 402 answer as payment methods see it. Its resource may be under the service's origin or the URL called. */
export function challengeOf(context: Context, path: string, answer: HttpAnswer): Challenge {
  return {
    resources: [...new Set([`${context.origin}${path}`, urlOf(context, path)])],
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

/** The same for a payment header: the header and its signature, which a facilitator may repeat in on-chain form. */
export function secretsOfHeader(header: string): string[] {
  const credential = decodeText(header.replace(/^Payment /i, ''))
  const signature = ownString(own(parseJson(credential ?? ''), 'payload'), 'signature')
  return signature === undefined ? [header] : [header, signature]
}
