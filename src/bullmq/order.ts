// One generation as it is ordered: checked at once, and as the flow of two jobs that BullMQ gets.
import type { FlowJob } from 'bullmq'
import type { AnyOperationId, InputIssue, InputOf } from '../index.ts'
import { InvalidInputError, operations } from '../index.ts'
import { type CollectData, type PayData, version } from './data.ts'
import { printOf, toJson } from './input.ts'
import { jobIdOf, ledgerKey, longestKey } from './keys.ts'
import { type Check, checkAll, integer, optional } from './problems.ts'
import type { Opener } from './queues.ts'

/** Options of `add`. */
export type AddOptions = {
  /**
   * Names the generation: it is added once and paid once, however often it is added. It is the `idempotencyKey` of the
   * payment. Any text of 1 to 10,240 characters.
   */
  key: string
  /** The most that it may cost, as a USD decimal string. Replaces the list price check, never the workers' `limits`. */
  maxPrice?: string | undefined
  /** From 1, the first, to 2,097,152. Those without come before all others. */
  priority?: number | undefined
  /** When it is not to be paid any more: ms from now, or an ISO time. What is paid by then is collected. */
  deadline?: number | string | undefined
}

/** One generation for `addBulk`. */
export type Order<operation extends AnyOperationId = AnyOperationId> = AddOptions & {
  operation: operation
  input: InputOf<operation>
}

/** A generation that is ready to be queued. */
export type Ordered = { id: string; key: string; print: string; flow: FlowJob }

const day = 24 * 60 * 60
/** How long done generations are remembered, seconds. */
const keptFor = 7 * day
/** BullMQ's attempts count only what breaks beside the steps, such as a lost connection: never a reason to give up. */
const attempts = { attempts: 1_000, backoff: { type: 'fixed', delay: 3_000 }, stackTraceLimit: 3 }

const checks: Record<keyof Order, Check> = {
  key: (value) =>
    typeof value === 'string' && value !== '' && value.length <= longestKey
      ? undefined
      : 'must be a string of 1 to 10,240 characters',
  operation: (value) =>
    typeof value === 'string' && /^[^\s/]{1,100}\/[^\s/]{1,100}$/.test(value)
      ? undefined
      : "must be an operation such as 'nano-banana/generate'",
  input: (value) => (typeof value === 'object' && value !== null ? undefined : 'must be an object'),
  maxPrice: optional((value) =>
    typeof value === 'string' && /^\d{1,12}(\.\d{1,6})?$/.test(value)
      ? undefined
      : "must be USD as a decimal string, such as '0.50'",
  ),
  priority: integer(1, 2_097_152),
  deadline: optional((value) =>
    readDeadline(value) === undefined ? 'must be ms from now, or an ISO time' : undefined,
  ),
}

function readDeadline(value: unknown): string | undefined {
  const isIso = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)
  const time = typeof value === 'number' ? Date.now() + value : isIso ? Date.parse(value) : Number.NaN
  // The last time that a date can name.
  return Math.abs(time) <= 8.64e15 && time > 0 ? new Date(time).toISOString() : undefined
}

/** @param path of the order in the error; empty for a single one. */
export function readOrder(
  order: Order,
  { names }: Opener,
  issues: InputIssue[],
  path = '',
): Ordered | undefined {
  const before = issues.length
  checkAll(order, checks, issues, path)
  if (issues.length > before) return undefined
  const { key, operation, maxPrice, priority } = order
  const isKnown = operations().some(({ id }) => id === operation)
  if (!isKnown && maxPrice === undefined) {
    const message = 'must be given: the catalogue has no list price for this operation. Check its name'
    issues.push({ path: `${path}maxPrice`, message })
  }
  const input = toJson(order.input, issues, `${path}input`)
  if (issues.length > before) return undefined
  const deadline = readDeadline(order.deadline)
  const pay: PayData = {
    ...{ v: version, key, operation, input },
    ...(maxPrice !== undefined && { maxPrice }),
    ...(deadline !== undefined && { deadline }),
  }
  const id = jobIdOf(ledgerKey(key))
  const print = printOf(operation, input)
  return { id, key, print, flow: flowOf(names, id, pay, print, priority) }
}

function flowOf(
  names: Opener['names'],
  jobId: string,
  pay: PayData,
  print: string,
  priority: number | undefined,
): FlowJob {
  const { v, key, operation } = pay
  const collect: CollectData = { v, key, operation, print }
  return {
    name: operation,
    queueName: names.collect,
    data: collect,
    opts: { jobId, ...attempts, removeOnComplete: { age: keptFor } },
    children: [
      {
        name: operation,
        queueName: names.pay,
        data: pay,
        opts: {
          ...{ jobId, ...attempts, failParentOnFailure: true },
          // The prompt is not needed any more.
          removeOnComplete: true,
          ...(priority !== undefined && { priority }),
        },
      },
    ],
  }
}

export function conflict(keys: readonly string[]): InvalidInputError {
  return new InvalidInputError('A key was used for another input.', {
    code: 'idempotency_conflict',
    issues: keys.map((key) => ({
      path: 'key',
      message: `${JSON.stringify(key.slice(0, 100))} is a generation with another operation or input`,
    })),
    hint: 'The first one stays as it is. Use another key; nothing more is paid for this one.',
  })
}
