// Turns the service's refusals into typed errors: what it said, shortened, and what to do next.
import { replacementsOf } from '../catalogue/operations.ts'
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
import { isWordOfService, refusedInput } from './answers.ts'

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
  request: { operation: string; secrets: readonly string[] },
  where: Where,
): StableStudioError {
  const facts = { ...where, ...requestIdOf(answer), status: answer.status, safeToRetry: true }
  const details = saidBy(answer, request.secrets)
  if (isRedirect(answer.status)) {
    return new ServiceError('The service answered with a redirect, which is never followed.', {
      ...facts,
      code: 'redirect_refused',
      details: `HTTP ${answer.status}.`,
      hint: 'Payments and sign-ins go to the configured `baseUrl` only. Check it; in Next with `trailingSlash`, set `skipTrailingSlashRedirect` too.',
    })
  }
  if (refusedInput.includes(answer.status) && isWordOfService(answer)) {
    const issues = issuesOf(answer, request.secrets)
    const facts400 = { ...facts, code: 'invalid_input' as const, issues }
    return new InvalidInputError('The service refused the input.', {
      ...facts400,
      ...(issues.length === 0 && { details }),
    })
  }
  if (answer.status === 404 && ownString(answer.json(), 'code') === 'route_not_found') {
    return unknownOperation(request.operation, facts)
  }
  return new ServiceError(`The service answered with HTTP ${answer.status}.`, {
    ...facts,
    code: answer.status < 400 ? 'response_malformed' : 'service_error',
    details,
    hint: 'Try again later; if it persists, report it with the request id.',
  })
}

function issuesOf(answer: HttpAnswer, secrets: readonly string[]): InputIssue[] {
  const issues = own(answer.json(), 'issues')
  if (!Array.isArray(issues)) return []
  return issues.slice(0, 20).map((issue) => {
    const path = own(issue, 'path')
    return {
      path: safeText(
        Array.isArray(path)
          ? path.filter((part) => ['string', 'number'].includes(typeof part)).join('.')
          : '',
        secrets,
      ),
      message: safeText(ownString(issue, 'message') ?? 'is not allowed', secrets),
    }
  })
}

function unknownOperation(operation: string, facts: Where): UnknownOperationError {
  const replacements = replacementsOf(operation)
  return new UnknownOperationError(`The service has no operation ${safeText(operation)}.`, {
    ...facts,
    code: 'unknown_operation',
    operation,
    replacements,
    hint: replacements.length > 0 ? `Use ${replacements.join(' or ')} instead.` : 'Check the name.',
  })
}

/** The error for a request without a readable answer, before anything was signed. */
export function noAnswerError(context: Context, failure: HttpFailure, where: Where): ServiceError {
  if (failure.reason === 'timeout') {
    return new ServiceError('The service did not answer in time.', {
      ...where,
      code: 'timeout',
      safeToRetry: true,
      hint: 'Nothing was paid by this request. Try again, or raise `timeouts`.',
      cause: failure.cause,
    })
  }
  if (failure.reason === 'too_large') {
    return new ServiceError("The service's answer is too large.", {
      ...where,
      code: 'response_malformed',
      status: failure.status,
      safeToRetry: true,
      hint: 'Check that `baseUrl` is StableStudio or its proxy.',
    })
  }
  return new ServiceError('The service could not be reached.', {
    ...where,
    code: 'network_error',
    safeToRetry: true,
    hint: isCrossOrigin(context)
      ? 'The service sends no CORS headers, so a page must use the proxy: mount `createProxy()` of `stablestudio/proxy` on its own origin, and set `baseUrl` to that path.'
      : 'Check the network and `baseUrl`, then try again.',
    cause: failure.cause,
  })
}

function isCrossOrigin(context: Context): boolean {
  const page = pageOrigin()
  return page !== undefined && new URL(context.baseUrl).origin !== page
}

export function requestIdOf(answer: HttpAnswer): { requestId?: string } {
  const id = answer.headers.get('x-request-id')
  return id ? { requestId: safeText(id) } : {}
}
