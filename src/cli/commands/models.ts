// `models`: what can be made, for what price; with an operation its fields.
import { type AssetKind, describeOperation, type FieldSchema, operations } from '../../index.ts'
import { exits } from '../exit-codes.ts'
import type { Flags } from '../flags.ts'
import { table } from '../terminal/text.ts'
import { createUi } from '../terminal/ui.ts'

export async function models(
  operation: string | undefined,
  flags: Flags & { kind?: AssetKind },
): Promise<number> {
  const ui = createUi(flags)
  if (operation !== undefined) return describe(operation, flags)
  const found = operations().filter(({ kind }) => flags.kind === undefined || kind === flags.kind)
  if (flags.json) ui.json(found)
  else
    for (const line of table(
      found.map(({ id, kind, price, typicalSeconds }) => [
        id,
        kind,
        range(price),
        `about ${typicalSeconds} s`,
      ]),
    ))
      ui.out(line)
  return exits.done
}

const range = ({ minUsd, maxUsd }: { minUsd: string; maxUsd: string }) =>
  minUsd === maxUsd ? `$${minUsd}` : `$${minUsd} to $${maxUsd}`

async function describe(operation: string, flags: Flags): Promise<number> {
  const ui = createUi(flags)
  const known = await describeOperation(operation)
  if (flags.json) {
    ui.json(known)
    return exits.done
  }
  const { id, description, price, typicalSeconds, input, files, pricedBy } = known
  ui.out(`${id}: ${description}`)
  ui.out(
    `${range(price)}${pricedBy.length > 0 ? `, by ${pricedBy.join(', ')}` : ''}. About ${typicalSeconds} s.`,
  )
  ui.out('')
  const rows = Object.entries(input.properties).map(([name, schema]) => [
    `${name}${input.required.includes(name) ? ' (required)' : ''}`,
    `${allowed(schema)}${files.includes(name) ? ' or @file' : ''}`,
    `${schema.description ?? ''}${schema.default === undefined ? '' : ` Default: ${schema.default}.`}`,
  ])
  for (const line of table(rows)) ui.out(line)
  return exits.done
}

function allowed({ type, enum: values, const: only, format, items }: FieldSchema): string {
  if (values) return values.join(' | ')
  if (only !== undefined) return only
  if (format === 'uri') return 'URL'
  return type === 'array' && items ? `${allowed(items)}, repeated` : type
}
