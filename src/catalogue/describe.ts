// The catalogue at run time: all operations in a list, and one with its fields. Plain data, made from `models/` by
// scripts/catalogue.ts, so that a page needs neither the schemas nor zod to show a form.
import { notLoaded } from '../errors/not-loaded.ts'
import { UnknownOperationError } from '../errors.ts'
import { deepFreeze } from '../internal/freeze.ts'
import { safeText } from '../internal/text.ts'
import type { OperationDescription, OperationSummary } from './description.ts'
import { summaries } from './generated/summaries.ts'
import type { OperationId } from './ids.ts'
import type { AnyOperationId } from './operations.ts'

/**
 * The known operations with their kind, list price and typical time. Sends nothing and pays nothing. The list is yours
 * to sort and filter; what is in it is frozen.
 *
 * @example
 * import { operations } from 'stablestudio'
 *
 * for (const { id, kind, price } of operations()) console.log(id, kind, `$${price.minUsd} to $${price.maxUsd}`)
 */
export function operations(): OperationSummary[] {
  return (Object.keys(summaries) as OperationId[]).map((id) => deepFreeze(summaryOf(id)))
}

/**
 * One known operation with the fields of its input as JSON Schema: for a form, or for a tool of a language model. Loaded
 * with the first call, so that pages start without it. Sends nothing to the service and pays nothing; the result is
 * frozen.
 *
 * @throws {UnknownOperationError} when the catalogue does not have it. `run` takes it all the same, with `maxPrice`.
 * @example
 * import { describeOperation } from 'stablestudio'
 *
 * const { input, files, pricedBy } = await describeOperation('flux-2-pro/edit')
 * input.required // ['prompt', 'images']
 * input.properties.resolution?.enum // ['0.5 MP', '1 MP', '2 MP']
 * files // ['images']
 * pricedBy // ['resolution', 'images']
 */
export async function describeOperation(id: AnyOperationId): Promise<OperationDescription> {
  if (!isKnown(id)) throw await unknownOperation(String(id))
  const { inputs } = await import('./generated/inputs.ts').catch(notLoaded)
  const { properties, required, ...facts } = inputs[id]
  return deepFreeze({
    ...summaryOf(id),
    ...facts,
    input: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties,
      required,
      additionalProperties: false,
    },
  })
}

function isKnown(id: unknown): id is OperationId {
  return typeof id === 'string' && Object.hasOwn(summaries, id)
}

function summaryOf(id: OperationId): OperationSummary {
  return { id, model: id.split('/')[0] ?? '', ...summaries[id] }
}

async function unknownOperation(id: string): Promise<UnknownOperationError> {
  const { suggestOperation } = await import('./suggest.ts').catch(notLoaded)
  return new UnknownOperationError(`The catalogue has no operation ${safeText(id)}.`, {
    code: 'unknown_operation',
    safeToRetry: true,
    operation: id,
    replacements: [],
    hint: suggestOperation(id) || 'See `operations()`.',
  })
}
