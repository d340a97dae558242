// `key=value` as an operation's input, typed by the catalogue: `duration=8` stays the string that the service wants.
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import {
  describeOperation,
  type FieldSchema,
  InvalidInputError,
  type OperationDescription,
  UnknownOperationError,
} from '../../index.ts'
import { didYouMean } from '../../internal/did-you-mean.ts'
import { isRecord } from '../../internal/json.ts'
import { cannotRead, readMediaFile } from './files.ts'
import type { Order } from './order.ts'

/** @param file `--input`: a file of JSON, or `-` for stdin. Single fields win over it. */
export async function orderOfFields(
  operation: string,
  pairs: readonly string[],
  file?: string,
): Promise<Order> {
  const known = await describe(operation)
  const given = file === undefined ? {} : await readJsonInput(file)
  const own = new Map<string, string[]>()
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at < 1) throw wrong(pair, `must be key=value${suggestField(pair, known)}`)
    const name = pair.slice(0, at)
    own.set(name, [...(own.get(name) ?? []), pair.slice(at + 1)])
  }
  const typed = new Map<string, unknown>()
  for (const [name, values] of own) typed.set(name, await inputValue(name, values, known))
  return { operation, input: { ...given, ...Object.fromEntries(typed) } }
}

/** The fields of a known operation; of one that the service has added since, all values stay text. */
async function describe(operation: string): Promise<OperationDescription | undefined> {
  try {
    return await describeOperation(operation)
  } catch (error) {
    if (error instanceof UnknownOperationError && /^[\w.-]+\/[\w.-]+$/.test(operation)) return undefined
    throw error
  }
}

async function inputValue(
  name: string,
  values: readonly string[],
  known: OperationDescription | undefined,
): Promise<unknown> {
  const fields = known?.input.properties
  const schema = fields && Object.hasOwn(fields, name) ? fields[name] : undefined
  const isMedia = known?.files.includes(name) ?? false
  const typed = await Promise.all(
    values.map((value) => single(name, value, schema?.items ?? schema, isMedia)),
  )
  return schema?.type === 'array' || typed.length > 1 ? typed : typed[0]
}

async function single(
  name: string,
  value: string,
  schema: FieldSchema | undefined,
  isMedia: boolean,
): Promise<unknown> {
  if (value.startsWith('@@')) return value.slice(1)
  if (value.startsWith('@')) return isMedia ? readMediaFile(value.slice(1)) : readText(name, value.slice(1))
  if (schema?.type === 'boolean' && /^(true|false)$/.test(value)) return value === 'true'
  if ((schema?.type === 'integer' || schema?.type === 'number') && /^-?\d{1,15}(\.\d{1,15})?$/.test(value))
    return Number(value)
  if (isMedia && !/^https?:/i.test(value))
    throw wrong(name, `must be an https URL, or a file as ${name}=@${value}`)
  return value
}

async function readText(name: string, path: string): Promise<string> {
  const read = path === '-' ? text(process.stdin) : readFile(path, 'utf8')
  const content = await read.catch((cause) => {
    throw cannotRead(path, cause)
  })
  if (content.trim() === '') throw wrong(name, `is empty: ${path === '-' ? 'nothing came on stdin' : path}`)
  return content.replace(/\r?\n$/, '')
}

async function readJsonInput(file: string): Promise<Record<string, unknown>> {
  const content = await readText('--input', file)
  try {
    const value: unknown = JSON.parse(content)
    if (isRecord(value)) return value
  } catch {}
  throw wrong('--input', 'must be a JSON object with the fields of the operation')
}

function suggestField(pair: string, known: OperationDescription | undefined): string {
  const names = Object.keys(known?.input.properties ?? {})
  const meant = didYouMean(pair, names)
  return meant ? `. Did you mean ${meant}=…?` : names.length > 0 ? `; fields: ${names.join(', ')}` : ''
}

function wrong(path: string, message: string): InvalidInputError {
  return new InvalidInputError('Wrong input.', {
    issues: [{ path: path.slice(0, 60), message }],
    hint: 'Nothing was sent and nothing was paid.',
  })
}
