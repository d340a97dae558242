// The registry of operations, and the types that follow from it.
import { isRecord } from '../internal/json.ts'
import type * as z from '../internal/zod.ts'
import type { AssetKind, Output, Receipt } from '../types.ts'
import type { OperationId } from './ids.ts'
import { arrowOperations } from './models/arrow.ts'
import { fluxOperations } from './models/flux.ts'
import { gptImageOperations } from './models/gpt-image.ts'
import { grokOperations } from './models/grok.ts'
import { nanoBananaOperations } from './models/nano-banana.ts'
import { seedanceOperations } from './models/seedance.ts'
import { soraOperations } from './models/sora.ts'
import { veoOperations } from './models/veo.ts'
import { wanOperations } from './models/wan.ts'
import type { Operation } from './operation.ts'
import type { PriceRange } from './prices.ts'

/** Spelled out, because the type of a spread would lose the comments of the fields. */
type Operations = typeof gptImageOperations &
  typeof nanoBananaOperations &
  typeof fluxOperations &
  typeof grokOperations &
  typeof seedanceOperations &
  typeof wanOperations &
  typeof soraOperations &
  typeof veoOperations &
  typeof arrowOperations

// Typed both ways: an operation without its name in `ids.ts`, or a name without its operation, does not compile.
const operations: Operations &
  Record<OperationId, Operation> &
  Record<Exclude<keyof Operations, OperationId>, never> = {
  ...gptImageOperations,
  ...nanoBananaOperations,
  ...fluxOperations,
  ...grokOperations,
  ...seedanceOperations,
  ...wanOperations,
  ...soraOperations,
  ...veoOperations,
  ...arrowOperations,
}

/** Any operation; one that the service adds tomorrow works too, without local validation and price list. */
export type AnyOperationId = OperationId | (string & {})

/** The input of an operation, with the service's field names; unknown operations take any fields. */
export type InputOf<operation extends string> = operation extends OperationId
  ? z.input<Operations[operation]['input']>
  : Record<string, unknown>

/** The kind of asset that an operation makes. */
type KindOf<operation extends string> = operation extends OperationId
  ? Operations[operation]['kind']
  : AssetKind

/** What `run` resolves to: an output with its receipt. */
export type OutputOf<operation extends string> = Output<KindOf<operation>> & { receipt: Receipt }

/** What the catalogue knows of an operation; `undefined` when it knows nothing. */
export function findOperation(operation: string): Operation | undefined {
  return Object.hasOwn(operations, operation) ? operations[operation as OperationId] : undefined
}

/** The list price of an input, for uploads too; `undefined` when none is known. */
export function listPriceOf(operation: string, input: Record<string, unknown>): PriceRange | undefined {
  return operation === 'upload' ? uploadPrice : findOperation(operation)?.price(input)
}

/**
 * The part of an input that its price can depend on: texts and media have none. Of an unknown operation that is not
 * known, so it is all of it.
 */
export function priceFieldsOf(operation: string, input: Record<string, unknown>): Record<string, unknown> {
  if (operation === 'upload') return {}
  const shape = findOperation(operation)?.input.shape
  if (!shape) return input
  const fields = Object.entries(input).filter(([name]) => !isText(shape[name]))
  return Object.fromEntries(
    fields.map(([name, value]) => [name, Array.isArray(value) ? value.length : value]),
  )
}

function isText(schema: z.core.$ZodType | undefined): boolean {
  const { type, innerType } = (schema?._zod.def ?? {}) as { type?: string; innerType?: z.core.$ZodType }
  return type === 'string' || (innerType !== undefined && isText(innerType))
}

/** A whole upload, whatever its size. */
export const uploadPrice = { min: '0.01', max: '0.01' }

/** What took the place of operations that the service has removed. */
const successors: Record<string, readonly string[]> = {
  'gpt-image-1': ['gpt-image-1.5', 'gpt-image-2'],
  'wan-2.5': ['wan-2.6'],
}

/** The operations that replaced a removed one. */
export function replacementsOf(operation: string): string[] {
  const [model = '', verb = ''] = operation.split('/')
  const models = Object.hasOwn(successors, model) ? (successors[model] ?? []) : []
  return models.map((one) => `${one}/${verb}`)
}

/** Models of tomorrow are slow ones rather: Seedance's successor was seen to take 479 s for a clip. */
const unknownOperation = { typicalSeconds: 30, pollSeconds: 10, deadlineSeconds: 1200 }

/** How long a job takes, how often to ask, and how long a call waits by default. */
type Timing = Pick<Operation, 'typicalSeconds' | 'pollSeconds' | 'deadlineSeconds'>

/**
 * The times of an operation's jobs, with careful values for unknown operations.
 *
 * @param input what the caller or the service calls the input, not checked; without one, the wait is for the slowest.
 */
export function timingOf(operation: string, input?: unknown): Timing {
  const known = findOperation(operation)
  if (!known?.timing) return known ?? unknownOperation
  try {
    if (!isRecord(input)) return known
    return { pollSeconds: known.pollSeconds, ...known.timing(input) }
  } catch {
    // A getter or a proxy: what is wrong with the input is told where it is checked.
    return known
  }
}
