// What the values of options must look like: each check says what is wrong, or nothing.
import { isRecord } from './json.ts'
import { parseUsd } from './usd.ts'

export function checkFields(
  value: unknown,
  names: readonly string[],
  check: (value: unknown) => string | undefined,
): string | undefined {
  if (!isRecord(value)) return `must be an object with ${names.join(', ')}`
  const problems = Object.entries(value).flatMap(([name, field]) => {
    if (!names.includes(name)) return [`${name.slice(0, 60)} is unknown; there are ${names.join(', ')}`]
    const problem = field === undefined ? undefined : check(field)
    return problem ? [`${name} ${problem}`] : []
  })
  return problems.length > 0 ? problems.join('; ') : undefined
}

/** What an amount must look like. */
export function checkUsd(value: unknown): string | undefined {
  if (typeof value === 'string' && parseUsd(value) !== undefined) return undefined
  return "must be USD as a decimal string with at most 6 decimals, such as '0.50'"
}

/** What a duration must look like. */
export function checkMs(value: unknown): string | undefined {
  const fine = typeof value === 'number' && value > 0 && value <= 2 ** 31 - 1
  return fine ? undefined : 'must be a positive number of milliseconds'
}

export function checkFlag(value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : 'must be true or false'
}

export function checkCount(value: unknown): string | undefined {
  const fine = Number.isInteger(value) && (value as number) > 0 && (value as number) <= 1_000
  return fine ? undefined : 'must be a whole number from 1 to 1000'
}

export function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
}

export function checkBaseUrl(value: unknown): string | undefined {
  if (typeof value === 'string' && value.startsWith('/') && !value.startsWith('//')) {
    return pageOrigin() ? undefined : 'a path works only in a browser; give a whole URL here'
  }
  return checkUrl(value)
}

export function checkOrigin(value: unknown): string | undefined {
  const problem = checkUrl(value)
  if (problem) return problem
  const { pathname, search, hash } = new URL(value as string)
  return pathname === '/' && !search && !hash ? undefined : 'must be an origin without a path'
}

/** https, or http on this machine. */
export function checkUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return 'must be a URL'
  const { protocol, username, password, search, hash } = new URL(value)
  if (username || password) return 'must not contain a user name or password'
  if (search || hash) return 'must not contain a query or fragment'
  if (protocol === 'https:' || (protocol === 'http:' && isLocal(value))) return undefined
  return 'must be https (plain http only on this machine)'
}

export function isLocal(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

/** The page's origin in a browser. */
export function pageOrigin(): string | undefined {
  const origin = (globalThis as { location?: { origin?: string } }).location?.origin
  return origin && origin !== 'null' ? origin : undefined
}
