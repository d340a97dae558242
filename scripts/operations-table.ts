// Writes docs/operations.md from the catalogue; with --check, only says whether the file is up to date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as z from 'zod/mini'
import { type OperationId, operationIds } from '../src/catalogue/ids.ts'
import { httpsUrl, mediaUrl } from '../src/catalogue/media.ts'
import type { Operation } from '../src/catalogue/operation.ts'
import { findOperation, timingOf } from '../src/catalogue/operations.ts'
import { type PriceRange, spanOf } from '../src/catalogue/prices.ts'

type Field = {
  type?: string
  format?: string
  enum?: string[]
  const?: string
  default?: unknown
  items?: Field
  minimum?: number
  maximum?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
}

type Entry = { id: OperationId; operation: Operation; fields: Record<string, Field>; required: string[] }

const file = new URL('../docs/operations.md', import.meta.url)

function readEntry(id: OperationId): Entry {
  const operation = findOperation(id)
  if (!operation) throw new Error(`${id} is not in the catalogue`)
  const { properties, required } = z.toJSONSchema(operation.input, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const urls: unknown[] = [mediaUrl, httpsUrl]
      if (urls.includes(zodSchema)) jsonSchema.format = 'uri'
    },
  })
  return { id, operation, fields: properties as Record<string, Field>, required: required ?? [] }
}

/** The values that a field can be tried with to see whether it changes the price. */
function valuesOf(field: Field): unknown[] {
  return field.enum ?? (field.const === undefined ? [] : [field.const, undefined])
}

type Inputs = { standard: Record<string, unknown>; drivers: string[]; all: Record<string, unknown>[] }

/** Every combination of the fields that change what is read of an input, alone or beside one other. */
function inputsBy(fields: Record<string, Field>, read: (input: Record<string, unknown>) => unknown): Inputs {
  const standard = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.default]))
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

function pricesOf({ operation, fields }: Entry): Inputs {
  return inputsBy(fields, (input) => operation.price(input))
}

function dollars({ min, max }: PriceRange): string {
  return min === max ? `$${max}` : `$${min}–$${max}`
}

function by(drivers: string[]): string {
  return drivers.length > 0 ? `, by ${drivers.map(code).join(', ')}` : ''
}

function priceOf(entry: Entry): string {
  const { drivers, all } = pricesOf(entry)
  return dollars(spanOf(...all.map((input) => entry.operation.price(input)))) + by(drivers)
}

/** The lowest and the highest number. */
function span(numbers: number[]): string {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)]
  return least === most ? `${least}` : `${least}–${most}`
}

function timesOf({ id, fields }: Entry): { typical: string; waits: string } {
  const typical = (input: Record<string, unknown>) => Math.round(timingOf(id, input).typicalSeconds)
  const waits = (input: Record<string, unknown>) => timingOf(id, input).deadlineSeconds / 60
  const { drivers, all } = inputsBy(fields, typical)
  return {
    typical: `${span(all.map(typical))} s${by(drivers)}`,
    waits: `${span(inputsBy(fields, waits).all.map(waits))} min`,
  }
}

function typeOf(field: Field): string {
  if (field.enum) return field.enum.map(code).join(' ')
  if (field.const !== undefined) return code(field.const)
  if (field.items) return `list of${bounds(field.minItems, field.maxItems)}: ${typeOf(field.items)}`
  if (field.format === 'uri') return 'https URL'
  if (field.type === 'string')
    return field.maxLength ? `string, up to ${field.maxLength} characters` : 'string'
  if (field.type === 'boolean') return '`true` `false`'
  return `${field.type}${bounds(field.minimum, field.maximum)}`
}

function bounds(min?: number, max?: number): string {
  const low = min === Number.MIN_SAFE_INTEGER ? undefined : min
  const high = max === Number.MAX_SAFE_INTEGER ? undefined : max
  if (high === undefined) return low === undefined ? '' : ` at least ${low}`
  return low === undefined ? ` up to ${high}` : ` ${low} to ${high}`
}

function code(text: unknown): string {
  return `\`${text}\``
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function overview(entries: Entry[]): string {
  const rows = entries.map((entry) => {
    const { typical, waits } = timesOf(entry)
    return [code(entry.id), entry.operation.kind, priceOf(entry), typical, waits]
  })
  return table(['operation', 'makes', 'listed price', 'typical time', 'default time limit'], rows)
}

/** What each choice of a picture is listed at: one row for all operations and inputs that cost the same. */
function picturePrices(entries: Entry[]): string {
  const groups = new Map<string, { ids: OperationId[]; rows: [price: string, inputs: string[]][] }>()
  for (const entry of entries.filter(({ operation }) => operation.kind === 'image')) {
    const rows = priceRows(entry)
    if (rows.length < 2) continue
    const key = JSON.stringify(rows)
    groups.set(key, { ids: [...(groups.get(key)?.ids ?? []), entry.id], rows })
  }
  const rows = [...groups.values()].flatMap(({ ids, rows }) =>
    rows.map(([price, inputs], index) => [
      index === 0 ? ids.map(code).join(', ') : '',
      inputs.join('; '),
      price,
    ]),
  )
  return table(['operation', 'input', 'listed price'], rows)
}

function priceRows(entry: Entry): [price: string, inputs: string[]][] {
  const { drivers, all } = pricesOf(entry)
  const rows = new Map<string, string[]>()
  for (const input of all) {
    const price = dollars(entry.operation.price(input))
    const chosen = drivers.flatMap((name) => (input[name] === undefined ? [] : [code(input[name])]))
    if (chosen.length === drivers.length) rows.set(price, [...(rows.get(price) ?? []), chosen.join(' ')])
  }
  return [...rows]
}

/** One section for all operations with the same fields. */
function sections(entries: Entry[]): string[] {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    const key = JSON.stringify([entry.fields, entry.required])
    groups.set(key, [...(groups.get(key) ?? []), entry])
  }
  return [...groups.values()].map(
    (group) => `## ${group.map(({ id }) => code(id)).join(', ')}\n\n${fieldTable(group)}`,
  )
}

function fieldTable([first]: Entry[]): string {
  const rows = Object.entries(first?.fields ?? {}).map(([name, field]) => [
    first?.required.includes(name) ? `**${code(name)}**` : code(name),
    typeOf(field),
    field.default === undefined ? '' : code(JSON.stringify(field.default)),
  ])
  return table(['field', 'value', 'default sent'], rows)
}

const entries = operationIds().map(readEntry)

const text = `<!-- Generated by scripts/operations-table.ts. Change src/catalogue instead. -->

# Operations

Field names in bold are required. The prices are the service's list of September 2026 and serve only as a guard: a call
costs what the service asks for exactly this input, and \`quote\` gets that price without paying. An offer more than 25 %
above the list price of its input is refused unless \`maxPrice\` is given. That list no longer contains \`gpt-image-1\`:
if the service answers that it is gone, use \`gpt-image-1.5\` or \`gpt-image-2\`.

${overview(entries)}

The price, the typical time and the default time limit depend on the input. If you wait for a job by its id or its JSON
alone, the limit is that of the operation's slowest input.

## Prices of pictures

A single price where the price of such an input is known; otherwise the range it must be in, and the upper end counts. An
edit of more than one picture with \`flux-2-pro\` may cost as much as its most expensive edit.

${picturePrices(entries)}

${sections(entries).join('\n\n')}
`

if (process.argv.includes('--check')) {
  if (readText() !== text) {
    process.stderr.write('docs/operations.md is out of date: run `npm run docs:operations`\n')
    process.exitCode = 1
  }
} else {
  mkdirSync(new URL('.', file), { recursive: true })
  writeFileSync(file, text)
}

function readText(): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
