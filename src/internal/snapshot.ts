// Copies of a caller's input, so that later changes to it do not change what is paid for.
import { isPlain } from './json.ts'
import { copyBytes, isMemory } from './realm.ts'

const maxDepth = 16

/** Copies plain objects, lists and bytes, and keeps everything else as it is. */
export function snapshot<value>(given: value, left = maxDepth): value {
  return copy(given, left) as value
}

function copy(given: unknown, left: number): unknown {
  if (typeof given !== 'object' || given === null || left === 0) return given
  if (isMemory(given)) return copyBytes(given)
  if (Array.isArray(given)) return given.map((one) => copy(one, left - 1))
  if (!isPlain(given)) return given
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, copy(value, left - 1)]))
}
