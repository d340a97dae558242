// Checked by tsc alone: what the catalogue says at run time fits where JSON Schema goes.
import {
  type AssetKind,
  describeOperation,
  type FieldSchema,
  type OperationId,
  operations,
  type StableStudioClient,
} from 'stablestudio'

/** What is common to the types of JSON Schema in other packages: mutable lists, and no exact properties. */
type JsonSchema = {
  type?: 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null'
  description?: string
  enum?: unknown[]
  default?: unknown
  required?: string[]
  properties?: Record<string, JsonSchema | boolean>
  additionalProperties?: JsonSchema | boolean
  items?: JsonSchema | boolean
  minimum?: number
  format?: string
}

declare const studio: StableStudioClient

export async function tool(id: string) {
  const described = await describeOperation(id)
  const schema: JsonSchema = described.input
  const field: FieldSchema | undefined = described.input.properties.prompt
  return { name: described.id, description: described.description, inputSchema: schema, field }
}

export async function list() {
  const [first] = operations().toSorted((a, b) => a.typicalSeconds - b.typicalSeconds)
  if (!first) return
  const id: OperationId = first.id
  const kind: AssetKind = first.kind
  // @ts-expect-error an amount is a string
  const price: number = first.price.maxUsd
  await studio.run(id, { prompt: 'a lighthouse' } as never, { maxPrice: first.price.maxUsd })
  return { kind, price }
}
