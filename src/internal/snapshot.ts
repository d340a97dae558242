// Copies of what a caller handed over: what they do with it afterwards must not change what is paid for.

const maxDepth = 16

/** A copy of plain objects, lists and bytes; everything else is the same. */
export function snapshot<value>(given: value, left = maxDepth): value {
  return copy(given, left) as value
}

function copy(given: unknown, left: number): unknown {
  if (typeof given !== 'object' || given === null || left === 0) return given
  if (given instanceof Uint8Array) return new Uint8Array(given)
  if (given instanceof ArrayBuffer) return given.slice(0)
  if (Array.isArray(given)) return given.map((one) => copy(one, left - 1))
  if (!isPlain(given)) return given
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, copy(value, left - 1)]))
}

function isPlain(given: object): boolean {
  const prototype = Object.getPrototypeOf(given)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
