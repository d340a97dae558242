// Completions from the catalogue: operations with their prices, the fields of an input, their values.
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import {
  describeOperation,
  type FieldSchema,
  type OperationDescription,
  operations,
} from '../../../src/index.ts'
import { type Place, placeAt } from './place.ts'
import { methods, options } from './words.ts'

export async function complete(context: CompletionContext): Promise<CompletionResult | null> {
  const place = placeAt(context.state, context.pos)
  if (!place) return null
  const found = await optionsAt(place)
  if (found.length === 0) return null
  if (!('to' in place)) return { from: place.from, options: found, validFor: /^\w*$/ }
  const { from, to } = place
  const whole = found.some(({ label }) => label === context.state.sliceDoc(from, to))
  // Who asks at a whole name looks for another one.
  if (context.explicit && whole) return { from, to, options: found, filter: false }
  return { from, to, options: found, validFor: /^[^'"\n]*$/ }
}

async function optionsAt(place: Place): Promise<Completion[]> {
  if (place.kind === 'operation') return operations().map(toOperation)
  if (place.kind === 'member') return toNames(methods, 'method')
  if (place.kind === 'option') return toNames(without(options[place.of], place.taken), 'property')
  const described = await describe(place.operation)
  if (!described) return []
  if (place.kind === 'field') return toFields(described, place.taken)
  return toValues(described.input.properties[place.field])
}

/** Nothing for an operation that the catalogue does not have. */
const describe = (operation: string) => describeOperation(operation).catch(() => undefined)

type Summary = ReturnType<typeof operations>[number]

function toOperation({ id, description, price, typicalSeconds }: Summary): Completion {
  const { minUsd, maxUsd } = price
  const detail = minUsd === maxUsd ? `$${minUsd}` : `$${minUsd}–$${maxUsd}`
  return { label: id, detail, type: 'class', info: `${description} Typically ${typicalSeconds} s.` }
}

function toFields({ input, pricedBy, files }: OperationDescription, taken: string[]): Completion[] {
  const left = Object.entries(input.properties).filter(([name]) => !taken.includes(name))
  return left.map(([name, schema]) => {
    const notes = [
      schema.description,
      schema.default !== undefined && `Default: ${schema.default}.`,
      schema.enum && `One of ${schema.enum.join(', ')}.`,
      files.includes(name) && 'Takes bytes as well as URLs.',
      pricedBy.includes(name) && 'The price depends on it.',
    ]
    const isRequired = input.required.includes(name)
    return {
      label: name,
      apply: `${name}: `,
      type: 'property',
      detail: isRequired ? `${schema.type}, required` : schema.type,
      boost: isRequired ? 2 : 0,
      info: notes.filter(Boolean).join(' '),
    }
  })
}

function toValues(schema: FieldSchema | undefined): Completion[] {
  const values = schema?.enum ?? (schema?.const === undefined ? [] : [schema.const])
  // In the order of the catalogue, which is that of their meaning.
  return values.map((label, at) => ({ label, type: 'enum', boost: -at }))
}

function toNames(words: Record<string, string>, type: string): Completion[] {
  return Object.entries(words).map(([label, info]) => ({ label, info, type }))
}

function without(words: Record<string, string>, taken: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(words).filter(([name]) => !taken.includes(name)))
}
