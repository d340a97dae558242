// Turns the service's refusals into typed errors: what it said, shortened, and what to do next.
import { findOperation, replacementsOf } from '../catalogue/operations.ts'
import { suggestOperation } from '../catalogue/suggest.ts'
import type { Context } from '../context.ts'
import type { ErrorFacts } from '../errors/facts.ts'
import {
  type InputIssue,
  InvalidInputError,
  ServiceError,
  type StableStudioError,
  UnknownOperationError,
} from '../errors.ts'
import { type HttpAnswer, type HttpFailure, isRedirect } from '../internal/http.ts'
import { isRecord, own, ownString } from '../internal/json.ts'
import { safeText } from '../internal/text.ts'
import { pageOrigin } from '../internal/url.ts'
import { isWordOfService, refusedInput } from './requests.ts'

/** The short texts that explain an answer. Anything but JSON is only named, since a page explains nothing. */
export function saidBy(answer: HttpAnswer, secrets: readonly string[]): string | undefined {
  const body = answer.json()
  const said = ['reason', 'error', 'message'].map((key) => ownString(body, key)).filter((one) => one)
  if (said.length > 0) return `It said: ${safeText([...new Set(said)].join('; '), secrets)}`
  if (answer.bytes.length === 0 || isRecord(body)) return undefined
  return `It answered with ${safeText(answer.headers.get('content-type') ?? 'an unknown type')}.`
}

type Where = Pick<ErrorFacts, 'phase'> & Partial<ErrorFacts>

/** The error for an unexpected answer: 400, 404, redirects, 5xx, pages. Nothing was signed for it. */
export function refusalOf(
  answer: HttpAnswer,
  request: { operation?: string; secrets: readonly string[]; baseUrl: string },
  where: Where,
): StableStudioError {
  const { operation, secrets, baseUrl } = request
  const facts = { ...where, ...requestIdOf(answer), status: answer.status, safeToRetry: true }
  const details = saidBy(answer, secrets)
  if (isRedirect(answer.status)) {
    return new ServiceError('The service answered with a redirect, which is never followed.', {
      ...facts,
      code: 'redirect_refused',
      details: `HTTP ${answer.status}.`,
      hint: 'Payments and sign-ins go to the configured `baseUrl` only. Check it; in Next with `trailingSlash`, set `skipTrailingSlashRedirect` too.',
    })
  }
  if (refusedInput.includes(answer.status) && isWordOfService(answer)) {
    const issues = issuesOf(answer, secrets)
    const said = issues.length === 0 ? { details } : {}
    return new InvalidInputError('The service refused the input.', {
      ...facts,
      ...said,
      code: 'invalid_input',
      issues,
    })
  }
  const code = ownString(answer.json(), 'code') ?? ''
  const misplaced = isMisplaced(answer, code, request)
  if (code === 'route_not_found' && operation && !misplaced) return unknownOperation(operation, facts)
  const proxy = /^proxy_[a-z_]+$/.test(code)
  const said = proxy ? `The proxy answered with ${code}.` : `The service answered with HTTP ${answer.status}.`
  return new ServiceError(misplaced ? `No StableStudio answers at ${baseUrl}.` : said, {
    ...facts,
    code: answer.status < 400 ? 'response_malformed' : 'service_error',
    details,
    hint: misplaced
      ? 'Check `baseUrl` (without /api), or whether the proxy is mounted there.'
      : proxy
        ? 'docs/proxy.md in this package explains the code.'
        : 'Try again later; if it persists, report it with the request id.',
  })
}

/** Whether something else answers at `baseUrl`: a site without a proxy, or the service below another path. */
function isMisplaced(
  answer: HttpAnswer,
  code: string,
  { operation = '', baseUrl }: { operation?: string; baseUrl: string },
): boolean {
  if (code === 'proxy_route_unknown') return true
  if (code !== 'route_not_found') return [200, 404, 405].includes(answer.status) && !isWordOfService(answer)
  const isKnown = findOperation(operation) !== undefined && replacementsOf(operation).length === 0
  return new URL(baseUrl).pathname !== '/' && (isKnown || operation === '')
}

function issuesOf(answer: HttpAnswer, secrets: readonly string[]): InputIssue[] {
  const issues = own(answer.json(), 'issues')
  if (!Array.isArray(issues)) return []
  return issues.slice(0, 20).map((issue) => {
    const given = own(issue, 'path')
    const path = (Array.isArray(given) ? given : []).filter((part) => /string|number/.test(typeof part))
    const message = ownString(issue, 'message') ?? 'is not allowed'
    return { path: safeText(path.join('.'), secrets), message: safeText(message, secrets) }
  })
}

function unknownOperation(operation: string, facts: Where): UnknownOperationError {
  const replacements = replacementsOf(operation)
  return new UnknownOperationError(`The service has no operation ${safeText(operation)}.`, {
    ...facts,
    code: 'unknown_operation',
    operation,
    replacements,
    hint: replacements.length > 0 ? `Use ${replacements.join(' or ')} instead.` : nameAdvice(operation),
  })
}

function nameAdvice(operation: string): string {
  if (findOperation(operation)) return 'It may have been removed: look for a newer version of this package.'
  return suggestOperation(operation) || 'Check the name.'
}

/** The error for a request without a readable answer, before anything was signed. */
export function noAnswerError(
  context: Context,
  { reason, status, cause }: HttpFailure,
  where: Where,
): ServiceError {
  const error = (message: string, more: ConstructorParameters<typeof ServiceError>[1]) =>
    new ServiceError(message, { ...where, safeToRetry: true, ...more })
  if (reason === 'timeout') {
    const hint = 'Nothing was paid by this request. Try again, or raise `timeouts`.'
    return error('The service did not answer in time.', { code: 'timeout', hint, cause })
  }
  if (reason === 'too_large') {
    const hint = 'Check that `baseUrl` is StableStudio or its proxy.'
    return error("The service's answer is too large.", { code: 'response_malformed', status, hint })
  }
  const hint = isCrossOrigin(context)
    ? 'The service sends no CORS headers, so a page must use the proxy: mount `createProxy()` from `stablestudio/proxy` on its own origin, and set `baseUrl` to that path.'
    : 'Check the network and `baseUrl`, then try again.'
  const details = `${new URL(context.baseUrl).host}: ${reasonOf(cause)}.`
  return error('The service could not be reached.', { code: 'network_error', details, hint, cause })
}

/** The system's code, such as `ECONNREFUSED`, else what the engine said. */
function reasonOf(cause: unknown): string {
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown }
  return safeText(String(code ?? message ?? 'no answer')).replace(/\.$/, '')
}

function isCrossOrigin(context: Context): boolean {
  const page = pageOrigin()
  return page !== undefined && new URL(context.baseUrl).origin !== page
}

export function requestIdOf(answer: HttpAnswer): { requestId?: string } {
  const id = answer.headers.get('x-request-id')
  return id ? { requestId: safeText(id) } : {}
}
