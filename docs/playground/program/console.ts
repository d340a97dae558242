// What a program prints goes to the page, as text.
import type { Level, Report } from '../wire.ts'

const levels: readonly Level[] = ['log', 'info', 'warn', 'error', 'debug']

export function redirectConsole(tell: (report: Report) => void): void {
  for (const level of levels) {
    const print = (...values: unknown[]) =>
      tell({ kind: 'console', level, text: values.map(textOf).join(' ') })
    Object.assign(globalThis.console, { [level]: print })
  }
}

/** A value as a person reads it. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (typeof value === 'function') return `[function ${value.name}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return jsonOf(value)
}

function jsonOf(value: object): string {
  try {
    return JSON.stringify(value, plain, 2) ?? String(value)
  } catch {
    // A circle.
    return String(value)
  }
}

function plain(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `[function ${value.name}]`
  if (value instanceof Blob) return `[${value.constructor.name} ${value.type} ${value.size} bytes]`
  if (value instanceof Map || value instanceof Set) return [...value]
  return ArrayBuffer.isView(value) ? `[${value.constructor.name} ${value.byteLength} bytes]` : value
}
