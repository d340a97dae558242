// The lines of a batch file. Everything that is wrong with one is said with its number, before anything is paid.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { modelIds } from '../../ai/models.ts'
import { describeOperation, type InputIssue, InvalidInputError, isStableStudioError } from '../../index.ts'
import { canonicalJson, isRecord } from '../../internal/json.ts'
import { cannotRead, readMediaFile } from '../orders/files.ts'
import { imageOrders, videoOrders } from '../orders/media.ts'
import type { Order } from '../orders/order.ts'
import { requireKnown } from '../pay/pay.ts'

export type Line = Order & {
  line: number
  key: string
  /** The name of the file, without a folder. @default the job's id */
  name?: string
}

/** @throws {InvalidInputError} with every line that is wrong. */
export async function readLines(file: string, model: string | undefined): Promise<Line[]> {
  const content = await readFile(file, 'utf8').catch((cause) => {
    throw cannotRead(file, cause)
  })
  const texts = content.split(/\r?\n/).map((text, at) => ({ text: text.trim(), line: at + 1 }))
  const filled = texts.filter(({ text }) => text !== '')
  const isJson = /\.(jsonl|ndjson)$/i.test(file) || filled[0]?.text.startsWith('{') === true
  if (filled.length === 0) throw refused([{ path: file, message: 'is empty' }])
  if (!isJson && model === undefined)
    throw refused([
      { path: '-m', message: 'must name the model for a file of prompts, such as -m gpt-image-1.5' },
    ])
  const issues: InputIssue[] = []
  const lines: Line[] = []
  const seen: Seen = { keys: new Map(), names: new Map(), times: new Map() }
  for (const { text, line } of filled) {
    try {
      const order = isJson ? await readJsonLine(text) : await readPrompt(text, model ?? '')
      await requireKnown(order.operation)
      lines.push(await keyed(order, line, seen))
    } catch (error) {
      issues.push({ path: `line ${line}`, message: messageOf(error) })
    }
  }
  if (issues.length > 0) throw refused(issues)
  return lines
}

export function refused(issues: readonly InputIssue[]): InvalidInputError {
  return new InvalidInputError('The batch cannot be paid as it is.', {
    issues: issues.slice(0, 20),
    hint: 'Nothing was paid. Correct these lines, then run the command again.',
  })
}

/** One line, without the lead and the advice of an error for one call. */
export function messageOf(error: unknown): string {
  if (!isStableStudioError(error)) return error instanceof Error ? error.message : String(error)
  const { issues } = error as { issues?: readonly InputIssue[] }
  const problems = (issues ?? []).map(({ path, message }) => (path ? `${path}: ${message}` : message))
  return problems.length > 0 ? problems.join('; ') : error.shortMessage
}

type Given = Order & { key?: string; name?: string }

async function readPrompt(prompt: string, model: string): Promise<Given> {
  if (model.includes('/')) return { operation: model, input: { prompt } }
  const isVideo = modelIds('video').includes(model)
  const { orders } = isVideo
    ? await videoOrders(prompt, { model })
    : await imageOrders(prompt, { model, count: 1 })
  return orders[0] as Order
}

const fields = ['operation', 'input', 'key', 'name']

async function readJsonLine(text: string): Promise<Given> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('is not JSON')
  }
  if (!isRecord(value)) throw new Error('must be an object with operation and input')
  const { operation, input, key, name } = value
  const surplus = Object.keys(value).filter((field) => !fields.includes(field))
  if (surplus.length > 0) throw new Error(`unknown ${surplus.join(', ')}; known: ${fields.join(', ')}`)
  if (typeof operation !== 'string')
    throw new Error('operation: must be a string, such as "gpt-image-1.5/generate"')
  if (!isRecord(input)) throw new Error('input: must be an object with the fields of the operation')
  if (key !== undefined && (typeof key !== 'string' || key === '' || key.length > 256))
    throw new Error('key: must be a string of 1 to 256 characters')
  if (name !== undefined && !isFileName(name))
    throw new Error('name: must be the name of a file, without a folder, and not manifest.jsonl')
  const withFiles = await readFiles(operation, input)
  return {
    operation,
    input: withFiles,
    ...(key !== undefined && { key }),
    ...(name !== undefined && { name }),
  }
}

/** Short, on every system a name, and neither the manifest nor a file on its way. */
const isFileName = (name: unknown): name is string =>
  typeof name === 'string' &&
  /^[^/\\<>:"|?*\p{Cc}\p{Cf}]{1,100}$/u.test(name) &&
  !/^[.\s]|[.\s]$|\.part$|^manifest\.jsonl$/i.test(name)

/** `"@path"` in a field for media is the file. */
async function readFiles(
  operation: string,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const known = await describeOperation(operation).catch(() => undefined)
  const read = (value: unknown) =>
    typeof value === 'string' && value.startsWith('@') ? readMediaFile(value.slice(1)) : value
  const result = { ...input }
  for (const field of known?.files ?? []) {
    const value = input[field]
    if (value !== undefined)
      result[field] = Array.isArray(value) ? await Promise.all(value.map(read)) : await read(value)
  }
  return result
}

type Seen = {
  keys: Map<string, { identity: string; line: number; name: string | undefined }>
  names: Map<string, number>
  times: Map<string, number>
}

/** Without a key of its own, a line is known by what it asks for and how often that came before. */
async function keyed({ operation, input, key, name }: Given, line: number, seen: Seen): Promise<Line> {
  const identity = hashOf(canonicalJson([operation, await plain(input)]))
  const times = (seen.times.get(identity) ?? 0) + 1
  seen.times.set(identity, times)
  const own = key ?? `batch:${identity}:${times}`
  const before = seen.keys.get(own)
  if (before && before.identity !== identity)
    throw new Error(`key: ${own} stands for another input on line ${before.line}`)
  if (before && before.name !== name)
    throw new Error(`key: ${own} is the key of line ${before.line}, too: one picture cannot have two names`)
  if (!before) {
    seen.keys.set(own, { identity, line, name })
    if (name !== undefined) claimName(name, line, seen.names)
  }
  return { line, operation, input, key: own, ...(name !== undefined && { name }) }
}

/** A name without an extension gets that of its file: whichever, no other line may have it. */
function claimName(name: string, line: number, names: Map<string, number>): void {
  const whole = name.normalize('NFC').toLowerCase()
  const stem = whole.slice(0, whole.length - extname(whole).length)
  const isOpen = stem === whole
  const earlier = names.get(whole) ?? names.get(`${stem}.*`) ?? (isOpen ? names.get(`${stem}.`) : undefined)
  if (earlier !== undefined) throw new Error(`name: ${name} is the name of line ${earlier}, too`)
  names.set(whole, line)
  names.set(isOpen ? `${stem}.*` : `${stem}.`, line)
}

const hashOf = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')

/** Files by what is in them. */
async function plain(value: unknown): Promise<unknown> {
  if (value instanceof Blob) return { file: hashOf(new Uint8Array(await value.arrayBuffer())) }
  if (Array.isArray(value)) return Promise.all(value.map(plain))
  if (!isRecord(value)) return value
  const fields = await Promise.all(
    Object.entries(value).map(async ([name, field]) => [name, await plain(field)] as const),
  )
  return Object.fromEntries(fields)
}
