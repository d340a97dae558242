// What the catalogue says about an operation at run time: plain data, for forms and tools that are built from it.
import type { AssetKind } from '../types.ts'
import type { OperationId } from './ids.ts'

/** One known operation in a list. */
export type OperationSummary = {
  id: OperationId
  /** The part of the id before the slash. */
  model: string
  kind: AssetKind
  /** What it makes, in a sentence. */
  description: string
  /** The range of its list prices, USD decimal strings. `quote` gets the price of an exact input, and pays nothing. */
  price: { minUsd: string; maxUsd: string }
  /** Seconds from payment to asset that an input of defaults typically takes. */
  typicalSeconds: number
}

/** A field of an input, as JSON Schema. */
export type FieldSchema = {
  type: 'string' | 'number' | 'integer' | 'boolean' | 'array'
  /** Missing on the items of a list only. */
  description?: string
  enum?: string[]
  const?: string
  /** What is sent if the field is left out. Without it, the service decides. */
  default?: string | number | boolean
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  format?: 'uri'
  pattern?: string
  items?: FieldSchema
}

/** A known operation with the fields of its input. */
export type OperationDescription = OperationSummary & {
  /**
   * Names of the fields that the list price depends on. Empty if there is one price, or if no more than the range is
   * known.
   */
  pricedBy: string[]
  /** Names of the fields that take files: their schema says https URL, and the client takes bytes as well. */
  files: string[]
  /**
   * JSON Schema (draft 2020-12) of the input. Rules between two fields are in their descriptions only; the client checks
   * them before it sends anything.
   */
  input: {
    $schema: 'https://json-schema.org/draft/2020-12/schema'
    type: 'object'
    properties: Record<string, FieldSchema>
    required: string[]
    additionalProperties: false
  }
}
