// What an answer of the service is worth, before anyone reads what it says.
import type { HttpAnswer } from '../internal/http.ts'
import { isRecord } from '../internal/json.ts'

/** The word of the service is JSON. A page, by an edge or a wall against bots, decides nothing. */
export function isWordOfService(answer: HttpAnswer): boolean {
  return isRecord(answer.json())
}

/** Statuses by which the service refuses an input. */
export const refusedInput: readonly number[] = [400, 422]

/** Job ids are opaque, but must be able to stand in a URL and in a record's key. */
const jobIdPattern = /^[A-Za-z0-9_-]+$/
const maxJobId = 128

export function isJobId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxJobId && jobIdPattern.test(value)
}
