// Reading JSON from a server: bounded in depth, never throwing.

const maxDepth = 32

/** The value; `undefined` when the text is not JSON, or nested deeper than any answer of the service. */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return hasFewBrackets(text) || isShallow(value) ? value : undefined
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Not a class instance such as a Map or FormData, which would look empty. Objects of other realms are plain too. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** An own property: nothing is ever read from a prototype. */
export function own(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

export function ownString(value: unknown, key: string): string | undefined {
  const found = own(value, key)
  return typeof found === 'string' ? found : undefined
}

/** Deep equality of JSON values. The order of keys does not count, and neither do keys that are `undefined`. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((one, at) => sameJson(one, b[at]))
  }
  if (!isRecord(a) || !isRecord(b)) return false
  const names = Object.keys({ ...a, ...b })
  return names.every((name) => sameJson(own(a, name), own(b, name)))
}

/** JSON text with sorted keys: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object') return JSON.stringify(value)
  return JSON.stringify(value, (_key, inner) => {
    if (!isRecord(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** Fewer brackets than allowed levels cannot be nested too deeply, which settles most answers. */
function hasFewBrackets(text: string): boolean {
  let brackets = 0
  for (const bracket of ['{', '[']) {
    let at = text.indexOf(bracket)
    while (at >= 0 && brackets < maxDepth) {
      brackets += 1
      at = text.indexOf(bracket, at + 1)
    }
  }
  return brackets < maxDepth
}

/** Looks no deeper than allowed: a hostile answer may be nested deeper than the stack. */
function isShallow(value: unknown, left = maxDepth): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (left === 0) return false
  // A plain loop: every answer of the service passes here.
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof inner === 'object' && !isShallow(inner, left - 1)) return false
  }
  return true
}
