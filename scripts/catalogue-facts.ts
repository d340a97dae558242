// What is read out of the catalogue for files that are made from it: comments, fields, and which of them matter to what.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import * as z from 'zod/mini'
import type { FieldSchema } from '../src/catalogue/description.ts'
import { httpsUrl, mediaUrl } from '../src/catalogue/fields.ts'
import type { InputSchema } from '../src/catalogue/operation.ts'

type Comments = { description: string; fields: Record<string, string> }
type Fields = Record<string, FieldSchema>

const root = fileURLToPath(new URL('..', import.meta.url))

/** The comments on every operation in `src/catalogue/models`, and on its fields: what an editor shows. */
export function readComments(): Map<string, Comments> {
  const folder = `${root}src/catalogue/models/`
  const files = readdirSync(folder).map((file) => folder + file)
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root)
  const program = ts.createProgram(files, options)
  const checker = program.getTypeChecker()
  const textOf = (symbol: ts.Symbol) =>
    ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/\s+/g, ' ')
  const within = (symbol: ts.Symbol, name: string): ts.Symbol[] =>
    [checker.getTypeOfSymbol(symbol).getProperty(name)].filter((one) => one !== undefined)
  const members = (symbol: ts.Symbol) => checker.getTypeOfSymbol(symbol).getProperties()
  const found = files
    .map((file) => program.getSourceFile(file))
    .flatMap((source) => (source && checker.getSymbolAtLocation(source)) ?? [])
    .flatMap((module) => checker.getExportsOfModule(module).flatMap(members))
    .map((operation): [string, Comments] => {
      const fields = within(operation, 'input').flatMap((input) => within(input, 'shape').flatMap(members))
      const texts = Object.fromEntries(fields.map((field) => [field.getName(), textOf(field)]))
      return [operation.getName(), { description: textOf(operation), fields: texts }]
    })
  return new Map(found)
}

/** The fields of an input as zod itself says them in JSON Schema, and that URLs must be https, which is checked by code. */
export function schemaOf(input: InputSchema): { properties: Fields; required: string[] } {
  const { properties, required = [] } = z.toJSONSchema(input, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const urls: unknown[] = [mediaUrl, httpsUrl]
      if (urls.includes(zodSchema)) Object.assign(jsonSchema, { format: 'uri', pattern: '^https://' })
    },
  })
  return { properties: properties as Fields, required }
}

/** The values that a field can be tried with to see what it changes. */
function valuesOf({ type, enum: values, const: only, items }: FieldSchema): unknown[] {
  if (values) return values
  if (only !== undefined) return [only, undefined]
  if (type === 'boolean') return [false, true]
  // How many files there are can change the price, but not which.
  return items?.format === 'uri' ? [['1'], ['1', '2']] : []
}

export type Inputs = {
  /** Nothing but defaults. */
  standard: Record<string, unknown>
  /** The fields that change what is read. */
  drivers: string[]
  /** Every combination of their values. */
  all: Record<string, unknown>[]
}

/** The inputs that differ in what is read of them. A field counts if it changes that alone, or beside one other. */
export function inputsBy(fields: Fields, read: (input: Record<string, unknown>) => unknown): Inputs {
  const standard: Record<string, unknown> = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, field.default]),
  )
  const told = (input: Record<string, unknown>) => JSON.stringify(read(input))
  const around = Object.entries(fields).flatMap(([name, field]) =>
    valuesOf(field).map((value) => ({ ...standard, [name]: value })),
  )
  const drivers = Object.entries(fields).filter(([name, field]) =>
    [standard, ...around].some((input) =>
      valuesOf(field).some((value) => told({ ...input, [name]: value }) !== told(input)),
    ),
  )
  const all = drivers.reduce(
    (some, [name, field]) =>
      some.flatMap((input) => valuesOf(field).map((value) => ({ ...input, [name]: value }))),
    [standard],
  )
  return { standard, drivers: drivers.map(([name]) => name), all }
}
