// The steps that can fail, and the kinds of faults: which steps have them, their statuses, and their defaults.

export const steps = ['quote', 'pay', 'poll', 'list', 'upload', 'blob', 'confirm', 'output'] as const
const answered = steps.filter((step) => step !== 'quote')
const paid = ['pay', 'upload'] as const
const jobs = ['poll', 'list'] as const

/**
 * A step of a generation or upload: `quote` an unpaid request for a price · `pay` the paid request · `poll` and `list`
 * the job routes · `upload` the paid request for an upload ticket · `blob` the PUT of the bytes · `confirm` the
 * upload's confirmation · `output` the download.
 */
export type FaultStep = (typeof steps)[number]

/**
 * How a step fails.
 *
 * **Not processed, no money moves:**
 * - `refused`: no connection.
 * - `reset-before`: the connection breaks.
 * - `status`: an error status with JSON.
 * - `page`: an HTML page with any `status`, as from an edge in front of the service (a bot wall).
 * - `echo`: an error that repeats the request's headers, including payment and proof.
 * - `rechallenge`: a new challenge, whatever the request carried.
 * - `rejected`: the payment is refused for insufficient funds.
 * - `redirect`: 307 to another host.
 *
 * **Processed, money moves as usual:**
 * - `reset-after`: the answer is lost.
 * - `no-answer`: the answer never comes.
 * - `slow`: the answer comes after `ms`.
 * - `status-after`: the answer is replaced by an error status with JSON, without a receipt.
 * - `receipt-status`: the answer has another `status` and keeps the payment's receipt (`PAYMENT-RESPONSE`, or
 *   `Payment-Receipt` for MPP). Its body stays with a status from 200 to 299, so that 201 and 202 deliver; with any
 *   other it is JSON with an error. Strikes payments that settle, and successes of steps without payment.
 * - `html`: the answer is replaced by an HTML page with any `status`.
 * - `truncated`: only half of the body, with a matching length (of a quote: half of the challenge's header).
 * - `cut`: complete headers with the full length, and the connection breaks in the middle of the body.
 * - `wrong-type`: the answer comes as text/plain.
 * - `stale-date`: the answer comes as from a cache, with a `Date` that is `ms` old and an `Age`.
 *
 * **The job, in an answer to its owner (other answers do not use up the fault):**
 * - `no-result`: a complete job is shown without its result, once per strike.
 * - `unknown-state`: a job is shown in the state `state`, without a result, once per strike.
 * - `job-failed`: the job fails for good. It stays paid.
 *
 * **Settlement:**
 * - `settlement-failed`: the job is made, no money moves, 500.
 * - `settlement-failed-charged`: the job is made, the money moves, 500 nevertheless.
 */
export type FaultKind = keyof typeof rules

export type Rule = {
  steps: readonly FaultStep[]
  /** The lowest and the default status, for kinds that have one. */
  status?: readonly [least: number, usual: number]
  /** Default. */
  ms?: number
}

export const rules = {
  refused: { steps },
  'reset-before': { steps },
  'reset-after': { steps },
  'no-answer': { steps },
  slow: { steps, ms: 1000 },
  status: { steps, status: [400, 503] },
  'status-after': { steps, status: [400, 503] },
  'receipt-status': { steps: answered, status: [200, 400] },
  'settlement-failed': { steps: paid },
  'settlement-failed-charged': { steps: paid },
  rechallenge: { steps: ['pay', 'upload', 'poll', 'list', 'confirm'] },
  rejected: { steps: paid },
  redirect: { steps },
  page: { steps, status: [200, 403] },
  html: { steps, status: [200, 200] },
  echo: { steps, status: [200, 400] },
  truncated: { steps },
  cut: { steps },
  'wrong-type': { steps },
  'stale-date': { steps, ms: 600_000 },
  'no-result': { steps: jobs },
  'unknown-state': { steps: jobs },
  'job-failed': { steps: ['poll'] },
} satisfies Record<string, Rule>
