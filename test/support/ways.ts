// The ways in which any request can fail.
import type { Fault } from '../../src/sandbox/wire/fault-types.ts'

export const ways: Partial<Fault>[] = [
  { kind: 'refused' },
  { kind: 'reset-before' },
  { kind: 'reset-after' },
  { kind: 'no-answer' },
  { kind: 'slow', ms: 200_000 },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 502 },
  { kind: 'redirect' },
  { kind: 'html' },
  { kind: 'truncated' },
]

/** The ways in which the request that pays can fail. */
export const onPayment: Partial<Fault>[] = [
  ...ways,
  { kind: 'status-after', status: 503 },
  { kind: 'settlement-failed' },
  { kind: 'settlement-failed-charged' },
  { kind: 'rechallenge' },
  { kind: 'wrong-type' },
]

/** Faults with a name for the table of a test. */
export function named(faults: readonly Partial<Fault>[]) {
  return faults.map((fault) => [`${fault.kind}${fault.status ? ` ${fault.status}` : ''}`, fault] as const)
}
