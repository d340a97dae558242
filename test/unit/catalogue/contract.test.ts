// Holds what every input is described as to the request schemas that the service publishes, field by field.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { describeOperation } from '../../../src/catalogue/describe.ts'
import { type OperationId, operationIds } from '../../../src/catalogue/ids.ts'

type FieldSchema = Record<string, unknown>
type ObjectSchema = {
  properties: Record<string, FieldSchema>
  required: string[]
  additionalProperties?: boolean
}

type Published = {
  paths: Record<
    string,
    { post: { requestBody: { content: { 'application/json': { schema: ObjectSchema } } } } }
  >
}

const published: Published = JSON.parse(
  readFileSync(new URL('../../fixtures/openapi.json', import.meta.url), 'utf8'),
)

/** Operations that the service has taken down, but that this package still names. */
const removed: OperationId[] = ['gpt-image-1/generate', 'gpt-image-1/edit']

/** Every deliberate difference: `operation field keyword`, what stands here instead, and why. */
const differences = [
  {
    where: 'veo-3.1/generate imageMode default',
    here: undefined,
    why: 'the published default is interpolation even for text-to-video; the documents leave the field out there',
  },
  {
    where: 'veo-3.1-fast/generate imageMode default',
    here: undefined,
    why: 'as for veo-3.1',
  },
]

/** The schema that the service publishes for an operation. */
function contractOf(operation: string): ObjectSchema {
  const path = published.paths[`/api/generate/${operation}`]
  if (!path) throw new Error(`${operation} is not published`)
  return path.post.requestBody.content['application/json'].schema
}

/** The keywords that the service does not publish: its comments, and that URLs must be https. */
const beyond = ['description', 'pattern']

const described = new Map<string, ObjectSchema>()
for (const operation of operationIds()) {
  const { input } = await describeOperation(operation)
  const json = JSON.stringify(input, (key, value) => (beyond.includes(key) ? undefined : value))
  described.set(operation, JSON.parse(json))
}

/** What this package describes the input as. */
function schemaOf(operation: string): ObjectSchema {
  const schema = described.get(operation)
  if (!schema) throw new Error(`${operation} is not in the catalogue`)
  return schema
}

type Difference = { where: string; there: unknown; here: unknown }

/** All differences of two schemas, named `operation field keyword`. */
function compare(operation: string, there: ObjectSchema, here: ObjectSchema): Difference[] {
  const fields = new Set([...Object.keys(there.properties), ...Object.keys(here.properties)])
  return [...fields].flatMap((field) => {
    const theirs = keywordsOf(there, field)
    const ours = keywordsOf(here, field)
    return [...new Set([...Object.keys(theirs), ...Object.keys(ours)])]
      .filter((keyword) => JSON.stringify(sorted(theirs[keyword])) !== JSON.stringify(sorted(ours[keyword])))
      .map((keyword) => ({
        where: `${operation} ${field} ${keyword}`,
        there: theirs[keyword],
        here: ours[keyword],
      }))
  })
}

function keywordsOf(schema: ObjectSchema, field: string): FieldSchema {
  const known = schema.properties[field]
  return known ? { ...known, required: schema.required.includes(field) } : {}
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const publishedIds = Object.keys(published.paths).map((path) => path.replace('/api/generate/', ''))

test('the catalogue has every published operation, and besides only the removed ones', () => {
  expect(publishedIds).toHaveLength(31)
  expect(operationIds().toSorted()).toEqual([...publishedIds, ...removed].toSorted())
})

describe.each(publishedIds)('%s', (operation) => {
  test('has the published fields', () => {
    const found = compare(operation, contractOf(operation), schemaOf(operation))
    const allowed = differences.filter(({ where }) => where.startsWith(`${operation} `))
    expect(found.map(({ where, here }) => ({ where, here }))).toEqual(
      allowed.map(({ where, here }) => ({ where, here })),
    )
  })

  test('refuses other fields, as the live service does', () => {
    expect(schemaOf(operation).additionalProperties).toBe(false)
  })
})

test('every listed difference belongs to a published operation and gives its reason', () => {
  for (const { where, why } of differences) {
    expect(publishedIds).toContain(where.split(' ')[0])
    expect(why).not.toBe('')
  }
})

describe('the comparison itself notices', () => {
  const operation = 'seedance/i2v'

  function changed(change: (schema: ObjectSchema) => void): string[] {
    const here = structuredClone(schemaOf(operation))
    change(here)
    return compare(operation, contractOf(operation), here).map(({ where }) => where)
  }

  function field(schema: ObjectSchema, name: string): FieldSchema {
    return schema.properties[name] ?? {}
  }

  test('nothing when nothing changed', () => {
    expect(changed(() => {})).toEqual([])
  })

  test.each<[string, (schema: ObjectSchema) => void, string]>([
    ['a field left out', (schema) => delete schema.properties.audioUrls, 'audioUrls type'],
    [
      'a field too many',
      (schema) => Object.assign(schema.properties, { seed: { type: 'integer' } }),
      'seed type',
    ],
    ['a value left out', (schema) => (field(schema, 'duration').enum as string[]).pop(), 'duration enum'],
    ['another type', (schema) => Object.assign(field(schema, 'prompt'), { type: 'number' }), 'prompt type'],
    [
      'another bound',
      (schema) => Object.assign(field(schema, 'prompt'), { maxLength: 1 }),
      'prompt maxLength',
    ],
    [
      'a bound too many',
      (schema) => Object.assign(field(schema, 'urls'), { uniqueItems: true }),
      'urls uniqueItems',
    ],
    [
      'another default',
      (schema) => Object.assign(field(schema, 'mode'), { default: 'reference' }),
      'mode default',
    ],
    [
      'other items',
      (schema) => Object.assign(field(schema, 'urls'), { items: { type: 'string' } }),
      'urls items',
    ],
    ['a field that is no longer required', (schema) => schema.required.pop(), 'urls required'],
    [
      'another constant',
      (schema) => Object.assign(field(schema, 'upscaleResolution'), { const: '8k' }),
      'upscaleResolution const',
    ],
  ])('%s', (_name, change, where) => {
    expect(changed(change)).toContain(`${operation} ${where}`)
  })
})
