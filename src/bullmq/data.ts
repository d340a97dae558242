// What the jobs hold in BullMQ, as JSON. The prompt is in the job that pays only.
import {
  type ErrorCode,
  isStableStudioError,
  type Job,
  type Json,
  type PaymentState,
  StableStudioError,
} from '../index.ts'

/** Raised when a worker of an older version could misread the data. It leaves such jobs to a newer one. */
export const version = 1

/** The job that pays: the child of the flow. */
export type PayData = {
  v: number
  key: string
  operation: string
  input: Json
  maxPrice?: string
  /** ISO 8601. */
  deadline?: string
  /** Failures that say nothing of the payment, in a row. */
  tries?: number
  /** Why it went to the dead letters. */
  error?: ErrorJson
}

/** What it returns. */
export type Paid = { job: Job }

/** The job that collects: the parent of the flow. Its id, progress and result are those of the generation. */
export type CollectData = {
  v: number
  key: string
  operation: string
  /** Of operation and input. */
  print: string
  /** Once it is paid. */
  job?: Job
  /** How often `save` has failed. */
  tries?: number
  error?: ErrorJson
}

/** What it returns. */
export type Collected = { value: Json }

/** An error as its `toJSON` tells it: no key, signature, prompt or header. */
export type ErrorJson = {
  name: string
  code: ErrorCode
  shortMessage: string
  details?: string
  hint?: string
  payment: PaymentState
  attemptId?: string
  job?: Job
} & Record<string, unknown>

/** Any error as JSON. Of one that is not the client's, its message is kept. */
export function errorJson(error: unknown, known: Partial<ErrorJson> = {}): ErrorJson {
  if (isStableStudioError(error)) return JSON.parse(JSON.stringify({ ...error.toJSON(), ...known }))
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  return { name, code: 'internal', shortMessage: message.slice(0, 1_000), payment: 'none', ...known }
}

/** The error of a dead letter, to be thrown where its result was asked for. */
export function errorOf(json: ErrorJson, hint: string): StableStudioError {
  const { shortMessage, code, payment, details, attemptId, job } = json
  return new StableStudioError(shortMessage, {
    ...{ code, payment, details, attemptId, job, hint },
    phase: job ? 'output' : 'pay',
  })
}
