// What the catalogue's tests share: the smallest valid input of an operation, and any valid one.
import fc from 'fast-check'
import * as z from 'zod/mini'
import { findOperation } from '../../../src/catalogue/operations.ts'

export const picture = 'https://example.com/picture.png'

const needed: Record<string, unknown> = {
  prompt: 'a lighthouse at dusk',
  image: picture,
  images: [picture],
  urls: [picture],
}

/** The required fields only. */
export function smallest(operation: string): Record<string, unknown> {
  const shape = findOperation(operation)?.input.shape ?? {}
  const required = Object.entries(shape).filter(([, schema]) => schema._zod.optin === undefined)
  return Object.fromEntries(required.map(([name]) => [name, needed[name]]))
}

type Field = { enum?: unknown[]; const?: unknown; type?: string; items?: Field; maxItems?: number }

/** Valid inputs with any choice that can matter to price and time: whatever a field can choose from, or nothing. */
export function validInput(operation: string): fc.Arbitrary<Record<string, unknown>> {
  const known = findOperation(operation)
  if (!known) throw new Error(`${operation} is not known`)
  const { properties } = z.toJSONSchema(known.input, { io: 'input', unrepresentable: 'any' })
  const choices = Object.entries(properties as Record<string, Field>).flatMap(([name, field]) => {
    const values = field.enum ?? (field.const === undefined ? undefined : [field.const])
    if (values) return [[name, fc.constantFrom(undefined, ...values)] as const]
    if (field.type === 'boolean') return [[name, fc.constantFrom(undefined, true, false)] as const]
    if (name !== 'images') return []
    const most = Math.min(field.maxItems ?? 3, 14)
    return [[name, fc.array(fc.constant(picture), { minLength: 1, maxLength: most })] as const]
  })
  return fc
    .record(Object.fromEntries(choices))
    .map((chosen) => {
      const given = Object.entries(chosen).filter(([, value]) => value !== undefined)
      return { ...smallest(operation), ...Object.fromEntries(given) }
    })
    .filter((input) => known.input.safeParse(input).success)
}
