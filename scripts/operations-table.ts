// Writes docs/operations.md from what the catalogue says at run time. Loaded by scripts/catalogue.ts.
import { describeOperation } from '../src/catalogue/describe.ts'
import type { FieldSchema, OperationDescription } from '../src/catalogue/description.ts'
import { type OperationId, operationIds } from '../src/catalogue/ids.ts'
import type { Operation, PriceRange } from '../src/catalogue/operation.ts'
import { findOperation, timingOf } from '../src/catalogue/operations.ts'
import { type Inputs, inputsBy } from './catalogue-facts.ts'
import { writeOrCheck } from './write-or-check.ts'

type Entry = OperationDescription & { operation: Operation; fields: Record<string, FieldSchema> }

async function readEntry(id: OperationId): Promise<Entry> {
  const operation = findOperation(id)
  if (!operation) throw new Error(`${id} is not in the catalogue`)
  const described = await describeOperation(id)
  return { ...described, operation, fields: described.input.properties }
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

function priceOf({ price, pricedBy }: Entry): string {
  return dollars({ min: price.minUsd, max: price.maxUsd }) + by(pricedBy)
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

function typeOf(field: FieldSchema): string {
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
    const chosen = drivers.flatMap((name) => (input[name] === undefined ? [] : [choice(input[name])]))
    if (chosen.length === drivers.length) rows.set(price, [...(rows.get(price) ?? []), chosen.join(' ')])
  }
  return [...rows]
}

function choice(value: unknown): string {
  if (!Array.isArray(value)) return code(value)
  return value.length === 1 ? 'one picture' : 'several pictures'
}

/** One section for all operations with the same fields. */
function sections(entries: Entry[]): string[] {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    const key = JSON.stringify([entry.fields, entry.input.required])
    groups.set(key, [...(groups.get(key) ?? []), entry])
  }
  return [...groups.values()].map(
    (group) => `## ${group.map(({ id }) => code(id)).join(', ')}\n\n${fieldTable(group)}`,
  )
}

function fieldTable([first]: Entry[]): string {
  const rows = Object.entries(first?.fields ?? {}).map(([name, field]) => [
    first?.input.required.includes(name) ? `**${code(name)}**` : code(name),
    typeOf(field),
    field.default === undefined ? '' : code(JSON.stringify(field.default)),
    field.description ?? '',
  ])
  return table(['field', 'value', 'default sent', 'meaning'], rows)
}

const entries = await Promise.all(operationIds().map(readEntry))

const text = `<!-- Generated by scripts/operations-table.ts. Change src/catalogue instead. -->

# Operations

Field names in bold are required. The prices are the service's list prices as of September 2026 and serve only as a
guard: a call costs what the service asks for exactly this input, and \`quote\` gets that price without paying. An offer
more than 25 % above the list price of its input is refused unless \`maxPrice\` is given. The list no longer contains
\`gpt-image-1\`: if the service answers that it is gone, use \`gpt-image-1.5\` or \`gpt-image-2\`.

Your code can read all of this with \`operations()\` and \`describeOperation(id)\`:

\`\`\`ts
import { describeOperation, operations } from 'stablestudio'

const videos = operations().filter(({ kind }) => kind === 'video') // id, model, kind, description, price, typicalSeconds
const { input, files, pricedBy } = await describeOperation('wan-2.6/i2v')
input.properties.duration // { type: 'string', description: 'Seconds, as a string; priced per second.', enum: ['5', '10', '15'], … }
files // ['audioUrl', 'image']: an https URL, or bytes
pricedBy // ['duration', 'resolution']
\`\`\`

\`input\` is JSON Schema (draft 2020-12), for example to build a form or to describe a tool to a language model. It covers
each field on its own: rules that involve several fields are in their descriptions, and the client checks those before it
sends anything.

${overview(entries)}

The price, the typical time and the default time limit depend on the input. If you wait for a job by its id or its JSON
alone, the limit is the one for the operation's slowest input.

## Prices of pictures

A single price means that the price of such an input is known. Otherwise the price lies in the range, and the guard starts
from its upper end.

${picturePrices(entries)}

${sections(entries).join('\n\n')}
`

writeOrCheck('docs/operations.md', text)
