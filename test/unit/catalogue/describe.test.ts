// What a program reads of the catalogue is what the schemas, prices and times say.
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import * as zod from 'zod'
import * as z from 'zod/mini'
import { readComments, schemaOf } from '../../../scripts/catalogue-facts.ts'
import { describeOperation, operations } from '../../../src/catalogue/describe.ts'
import type { FieldSchema, OperationDescription } from '../../../src/catalogue/description.ts'
import { mediaFieldsOf } from '../../../src/catalogue/fields.ts'
import { operationIds } from '../../../src/catalogue/ids.ts'
import type { Operation } from '../../../src/catalogue/operation.ts'
import { findOperation, timingOf } from '../../../src/catalogue/operations.ts'
import { UnknownOperationError } from '../../../src/errors.ts'
import { parseUsd } from '../../../src/internal/usd.ts'
import { picture, smallest, validInput } from './inputs.ts'

const comments = readComments()

function known(id: string): Operation {
  const operation = findOperation(id)
  if (!operation) throw new Error(`${id} is not in the catalogue`)
  return operation
}

/** Values of a field on both sides of what it allows. */
function anyValue(field: FieldSchema): fc.Arbitrary<unknown> {
  const { minimum = -2, maximum = 2, maxLength = 3, maxItems = 3 } = field
  const odd = fc.constantFrom<unknown>(undefined, null, '', 'other', 0, 1.5, true, [], {}, picture)
  const text = fc.constantFrom('a', 'a'.repeat(maxLength), 'a'.repeat(maxLength + 1))
  const url = fc.constantFrom(picture, 'http://example.com/a.png', 'ftp://example.com', 'no URL')
  const count = fc.constantFrom(minimum - 1, minimum, minimum + 0.5, maximum, maximum + 1)
  const items = () => fc.array(anyValue(field.items ?? field), { maxLength: maxItems + 1 })
  const fitting: Record<FieldSchema['type'], () => fc.Arbitrary<unknown>> = {
    string: () => (field.format ? url : fc.oneof(text, fc.constantFrom(...(field.enum ?? [field.const])))),
    number: () => count,
    integer: () => count,
    boolean: () => fc.boolean(),
    array: items,
  }
  return fc.oneof({ weight: 4, arbitrary: fitting[field.type]() }, odd)
}

/** A valid input with one or two fields changed to anything. */
function nearlyValid({ id, input }: OperationDescription): fc.Arbitrary<Record<string, unknown>> {
  const fields: Record<string, FieldSchema> = { ...input.properties, nosuchfield: { type: 'boolean' } }
  const change = fc
    .constantFrom(...Object.entries(fields))
    .chain(([name, field]) => fc.record({ [name]: anyValue(field) }))
  return fc.tuple(validInput(id), change, fc.option(change)).map(([valid, one, two]) => {
    const all = Object.entries({ ...valid, ...one, ...two })
    return Object.fromEntries(all.filter(([, value]) => value !== undefined))
  })
}

describe('operations', () => {
  it('lists every known operation, under its model', () => {
    expect(operations().map(({ id }) => id)).toEqual(operationIds())
    for (const { id, model } of operations()) expect(id.startsWith(`${model}/`)).toBe(true)
  })

  it('gives a list that is the caller’s, of rows that nobody can change', () => {
    const first = operations()
    first.length = 0
    const [row] = operations()
    expect(row).toBeDefined()
    expect(() => Object.assign(row?.price ?? {}, { maxUsd: '0' })).toThrow(TypeError)
    expect(() => Object.assign(row ?? {}, { id: '' })).toThrow(TypeError)
  })
})

describe.each(operations())('$id', (summary) => {
  const { id } = summary
  const operation = known(id)

  it('is described as the schema, the comments and the times say', async () => {
    const described = await describeOperation(id)
    const { description, fields } = comments.get(id) ?? { description: '', fields: {} }
    const { properties, required } = schemaOf(operation.input)
    const commented = Object.entries(properties).map(([name, field]) => [
      name,
      { ...field, description: fields[name] },
    ])
    expect(described).toMatchObject(summary)
    expect(described.description).toBe(description)
    expect(description).toMatch(/^[A-Z].*\.$/)
    expect(described.kind).toBe(operation.kind)
    expect(described.typicalSeconds).toBe(Math.round(timingOf(id, {}).typicalSeconds))
    expect(described.files).toEqual(mediaFieldsOf(operation.input))
    expect(described.input).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: Object.fromEntries(commented),
      required,
      additionalProperties: false,
    })
  })

  it('has plain JSON that nobody can change', async () => {
    const described = await describeOperation(id)
    expect(JSON.parse(JSON.stringify(described))).toEqual(described)
    for (const field of Object.values(described.input.properties)) expect(Object.isFrozen(field)).toBe(true)
    expect(() => described.input.required.push('more')).toThrow(TypeError)
    expect(await describeOperation(id)).toEqual(described)
  })

  it('costs what its range says, at both ends and between', async () => {
    const { price, pricedBy } = await describeOperation(id)
    const [least, most] = [parseUsd(price.minUsd) ?? -1n, parseUsd(price.maxUsd) ?? -1n]
    fc.assert(
      fc.property(validInput(id), (input) => {
        const { min, max } = operation.price(input)
        expect(parseUsd(min)).toBeGreaterThanOrEqual(least)
        expect(parseUsd(max)).toBeLessThanOrEqual(most)
        const relevant = Object.entries(input).filter(([name]) => pricedBy.includes(name))
        expect(operation.price({ ...smallest(id), ...Object.fromEntries(relevant) })).toEqual({ min, max })
      }),
      { numRuns: 100 },
    )
  })

  it('takes what its JSON Schema takes, and refuses what that refuses', async () => {
    const described = await describeOperation(id)
    const bySchema = zod.fromJSONSchema(JSON.parse(JSON.stringify(described.input)))
    // Without the rules between two fields, which are told in words.
    const fieldByField = z.strictObject(operation.input.shape)
    fc.assert(
      fc.property(nearlyValid(described), (input) => {
        expect(bySchema.safeParse(input).success).toBe(fieldByField.safeParse(input).success)
      }),
      { numRuns: 300 },
    )
  })
})

describe('an operation that the catalogue does not have', () => {
  const refused = async (id: unknown): Promise<unknown> =>
    describeOperation(id as string).catch((error: unknown) => error)

  test.each([
    ['wan-2.5/t2v', 'Did you mean wan-2.6/t2v?'],
    ['GPT-Image-2/Generate', 'Did you mean gpt-image-2/generate?'],
    ['gpt-image-2/genreate', 'Did you mean gpt-image-2/generate?'],
    ['seedance/generate', 'Did you mean seedance/t2v or seedance/i2v?'],
    ['gpt-image-1.5', 'Did you mean gpt-image-1.5/generate or gpt-image-1.5/edit?'],
    ['__proto__', 'See `operations()`.'],
    ['', 'See `operations()`.'],
    [7, 'See `operations()`.'],
    [undefined, 'See `operations()`.'],
  ])('%j: %s', async (id, hint) => {
    const error = await refused(id)
    expect(error).toBeInstanceOf(UnknownOperationError)
    expect(error).toMatchObject({ code: 'unknown_operation', payment: 'none', operation: String(id), hint })
  })

  it('is shown shortened', async () => {
    const error = await refused('x'.repeat(10_000))
    expect((error as Error).message.length).toBeLessThan(500)
  })
})
