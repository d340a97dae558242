// Writes docs/operations.md from the catalogue; with --check, only says whether the file is up to date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as z from 'zod/mini'
import { type OperationId, operationIds } from '../src/catalogue/ids.ts'
import { httpsUrl, mediaUrl } from '../src/catalogue/media.ts'
import type { Operation } from '../src/catalogue/operation.ts'
import { findOperation } from '../src/catalogue/operations.ts'
import { formatUsd, parseUsd } from '../src/internal/usd.ts'

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

function priceOf({ operation, fields }: Entry): string {
  const priced = (input: Record<string, unknown>) => operation.price(input)
  const standard = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.default]))
  const drivers = Object.entries(fields).filter(([name, field]) =>
    valuesOf(field).some(
      (value) => JSON.stringify(priced({ ...standard, [name]: value })) !== JSON.stringify(priced(standard)),
    ),
  )
  const inputs = drivers.reduce(
    (some, [name, field]) =>
      some.flatMap((input) => valuesOf(field).map((value) => ({ ...input, [name]: value }))),
    [standard],
  )
  const amounts = inputs.map(priced).flatMap(({ min, max }) => [parseUsd(min) ?? 0n, parseUsd(max) ?? 0n])
  const [least = 0n, ...others] = amounts.sort((a, b) => (a < b ? -1 : 1))
  const most = others.at(-1) ?? least
  const range = least === most ? `$${formatUsd(least)}` : `$${formatUsd(least)}–$${formatUsd(most)}`
  return drivers.length > 0 ? `${range}, by ${drivers.map(([name]) => code(name)).join(', ')}` : range
}

function typeOf(field: Field): string {
  if (field.enum) return field.enum.map(code).join(' ')
  if (field.const !== undefined) return code(field.const)
  if (field.items) return `list of${bounds(field.minItems, field.maxItems)}: ${typeOf(field.items)}`
  if (field.format === 'uri') return 'https URL'
  if (field.type === 'string') return field.maxLength ? `text, up to ${field.maxLength} characters` : 'text'
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
  const rows = entries.map((entry) => [
    code(entry.id),
    entry.operation.kind,
    priceOf(entry),
    `${entry.operation.typicalSeconds} s`,
    `${entry.operation.deadlineSeconds / 60} min`,
  ])
  return table(['operation', 'makes', 'listed price', 'typical time', 'waits by default'], rows)
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
  return table(['field', 'value', 'sent by default'], rows)
}

const entries = operationIds().map(readEntry)

const text = `<!-- Made by scripts/operations-table.ts. Change src/catalogue instead. -->

# Operations

Field names in bold are required. Prices are the service's list of September 2026 and a guard only: what a call costs
is what the service asks for exactly this input, and \`quote\` tells it without paying. Offers above the list price by
more than a quarter are refused unless \`maxPrice\` is given. That list no longer has \`gpt-image-1\`: where the service
answers that it is gone, \`gpt-image-1.5\` and \`gpt-image-2\` take its place.

${overview(entries)}

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
