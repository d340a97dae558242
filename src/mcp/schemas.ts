// The arguments of the tools, as the library lists and checks them.
import { safeText } from '../internal/text.ts'
import { wrong } from './refusal.ts'
import * as z from './zod.ts'

const operation = z.string().max(200)
const input = z.looseObject({})
const file_name = z.string().describe('Without a folder').optional()
const show = z.boolean().describe('Also return a small picture').optional()

export const arguments_ = {
  list_models: z.strictObject({
    kind: z.enum(['image', 'video', 'svg']).optional(),
    operation: operation.describe('Returns its fields').optional(),
  }),
  get_price: z.strictObject({ operation, input }),
  generate: z.strictObject({
    operation: operation.describe("As list_models has it: 'gpt-image-1.5/generate'"),
    input: input.describe('Its fields. Media: https URL or absolute path'),
    max_price: z
      .string()
      .regex(/^\d{1,12}(\.\d{1,6})?$/)
      .describe("USD, '0.05'. Only lowers the owner's limits")
      .optional(),
    variation: z.int().min(1).max(100).describe('2, 3 … for another result of the same input').optional(),
    file_name,
    show,
  }),
  get_job: z.strictObject({
    job_id: z.string().max(200).describe('Or an attempt_id'),
    wait_seconds: z.int().min(0).max(50).optional(),
    file_name,
    show,
  }),
  list_jobs: z.strictObject({ limit: z.int().min(1).max(50).optional() }),
  get_budget: z.strictObject({}),
} as const

export type ToolName = keyof typeof arguments_

/**
 * The schema as the libraries list it, which version 2 leaves to {@link readArguments} to check, so that a wrong argument
 * is told like any other error. Version 1 checks by itself.
 */
export function listed(name: ToolName): object {
  const schema = arguments_[name]
  const standard = { ...schema['~standard'], validate: (value: unknown) => ({ value }) }
  return Object.create(schema, { '~standard': { value: standard, enumerable: true } })
}

/** @throws {Refusal} naming every wrong argument. */
export function readArguments(name: ToolName, given: unknown): unknown {
  const parsed = arguments_[name].safeParse(given ?? {})
  if (parsed.success) return parsed.data
  const known = Object.keys(arguments_[name].shape).join(', ') || 'none'
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim())
  throw wrong(
    'arguments',
    safeText(`${issues.join('; ')} (known: ${known})`),
    'Correct them, and call again.',
  )
}
