import type { Context } from '../context.ts'
import { decodeText } from '../internal/base64.ts'
import type { HttpAnswer } from '../internal/http.ts'
import { own, ownString, parseJson } from '../internal/json.ts'
import type { Challenge } from '../methods/method.ts'

export const jsonHeaders = { 'content-type': 'application/json', accept: 'application/json' }

/** The paid route that gives leave to upload a file. */
export const uploadPath = '/api/upload'

/** Where a path of the service is asked for. */
export function urlOf(context: Context, path: string): string {
  return `${context.baseUrl}${path}`
}

/** The 402 answer as payment methods see it. Its resource may be named by the service's origin or by the URL called. */
export function challengeOf(context: Context, path: string, answer: HttpAnswer): Challenge {
  return {
    resources: [...new Set([`${context.origin}${path}`, urlOf(context, path)])],
    now: context.clock.now(),
    headers: answer.headers,
    body: answer.text(),
  }
}

/** What of an input must not be shown when the service echoes it. */
export function secretsOf(input: Record<string, unknown>): string[] {
  return Object.values(input)
    .flat()
    .filter((value) => typeof value === 'string')
}

/** The same of a payment header: itself and the signature in it, which a facilitator repeats as the chain saw it. */
export function secretsOfHeader(header: string): string[] {
  const credential = decodeText(header.replace(/^Payment /i, ''))
  const signature = ownString(own(parseJson(credential ?? ''), 'payload'), 'signature')
  return signature === undefined ? [header] : [header, signature]
}
