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
import type { Operation, PriceRange } from './operation.ts'

/** Spelled out, because the type of a spread loses the comments on the fields. */
type Operations = typeof gptImageOperations &
  typeof nanoBananaOperations &
  typeof fluxOperations &
  typeof grokOperations &
  typeof seedanceOperations &
  typeof wanOperations &
  typeof soraOperations &
  typeof veoOperations &
  typeof arrowOperations

// Typed both ways: neither an operation without a name in `ids.ts` nor a name without an operation compiles.
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

/** The names of all known operations, from where their schemas are loaded anyway. */
export const operationNames: readonly string[] = Object.keys(operations)

/** Any operation. One that the service adds tomorrow works too, without local validation and list price. */
export type AnyOperationId = OperationId | (string & {})

/** The input of an operation, with the service's field names; unknown operations accept any fields. */
export type InputOf<operation extends string> = operation extends OperationId
  ? z.input<Operations[operation]['input']>
  : Record<string, unknown>

/** The kind of asset that an operation makes. */
type KindOf<operation extends string> = operation extends OperationId
  ? Operations[operation]['kind']
  : AssetKind

/** What `run` resolves to: an output with its receipt. */
export type OutputOf<operation extends string> = Output<KindOf<operation>> & { receipt: Receipt }

/** What the catalogue knows about an operation; `undefined` for an unknown one. */
export function findOperation(operation: string): Operation | undefined {
  return Object.hasOwn(operations, operation) ? operations[operation as OperationId] : undefined
}

/** The list price of an input, or of an upload; `undefined` when it is not known. */
export function listPriceOf(operation: string, input: Record<string, unknown>): PriceRange | undefined {
  return operation === 'upload' ? uploadPrice : findOperation(operation)?.price(input)
}

/**
 * The part of an input that its price can depend on: never text and media. For an unknown operation it is the whole
 * input.
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

/** Of one upload, whatever its size. */
export const uploadPrice = { min: '0.01', max: '0.01' }

/** The models that replaced removed ones. */
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

/** Future models are likely to be slow: Seedance's successor was seen to take 479 s for a clip. */
const unknownOperation = { typicalSeconds: 30, pollSeconds: 10, deadlineSeconds: 1200 }

/** How long a job takes, how often to ask, and how long a call waits by default. */
type Timing = Pick<Operation, 'typicalSeconds' | 'pollSeconds' | 'deadlineSeconds'>

/**
 * The times of an operation's jobs, with cautious values for unknown operations.
 *
 * @param input from the caller or the service, not validated; without it the times are those of the slowest.
 */
export function timingOf(operation: string, input?: unknown): Timing {
  const known = findOperation(operation)
  if (!known?.timing) return known ?? unknownOperation
  try {
    if (!isRecord(input)) return known
    return { pollSeconds: known.pollSeconds, ...known.timing(input) }
  } catch {
    // A getter or a proxy threw; validation reports it.
    return known
  }
}
