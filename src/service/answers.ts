// Checks whether an answer comes from the service at all, before its content is read.
import type { HttpAnswer } from '../internal/http.ts'
import { isRecord } from '../internal/json.ts'

/** The service itself answers with JSON. An HTML page, from an edge or a bot check, decides nothing. */
export function isWordOfService(answer: HttpAnswer): boolean {
  return isRecord(answer.json())
}

/** Statuses with which the service refuses an input. */
export const refusedInput: readonly number[] = [400, 422]

/** Job ids are opaque, but must be safe in a URL and in a record's key. */
const jobIdPattern = /^[A-Za-z0-9_-]+$/
const maxJobId = 128

export function isJobId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxJobId && jobIdPattern.test(value)
}
