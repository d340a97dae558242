// An input as plain JSON: what a queue can hold, and a print of it that tells whether two are the same.
import type { InputIssue, Json } from '../index.ts'
import { hashOf } from './keys.ts'

const maxDepth = 32

/** A copy as it will be read back. Fields that are `undefined` are left out, as JSON does. */
export function toJson(value: unknown, issues: InputIssue[], path = 'input', depth = 0): Json {
  const wrong = (message: string): Json => {
    issues.push({ path, message })
    return null
  }
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number')
    // `+ 0` turns -0 into 0, as JSON does.
    return Number.isFinite(value) ? value + 0 : wrong('must be a finite number: JSON has no other')
  if (depth > maxDepth) return wrong(`must not be nested deeper than ${maxDepth} levels`)
  if (Array.isArray(value)) return value.map((one, at) => toJson(one, issues, `${path}.${at}`, depth + 1))
  if (!isPlain(value)) return wrong(`must be JSON, not ${kindOf(value)}`)
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  return Object.fromEntries(
    entries.map(([name, one]) => [name, toJson(one, issues, `${path}.${name.slice(0, 60)}`, depth + 1)]),
  )
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const parent = Object.getPrototypeOf(value)
  return parent === null || Object.getPrototypeOf(parent) === null
}

function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value
  const name = Object.prototype.toString.call(value).slice(8, -1)
  const isFile =
    ['Blob', 'File', 'ArrayBuffer', 'SharedArrayBuffer'].includes(name) || ArrayBuffer.isView(value)
  return isFile ? `a ${name}: upload it with the client's upload(), and pass its url` : `a ${name}`
}

/** The same for the same operation and input, whatever the order of the fields. */
export function printOf(operation: string, input: Json): string {
  return hashOf(JSON.stringify([operation, sorted(input)]))
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, sorted(one)]),
  )
}
