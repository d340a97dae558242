// Texts that come from elsewhere, made safe for a terminal, and tables.
import { stripVTControlCharacters } from 'node:util'

/** Without escapes, control and bidirectional characters: what a service says must not steer a terminal. */
export function clean(text: unknown, longest = 2000): string {
  const plain = stripVTControlCharacters(String(text)).replace(
    /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    ' ',
  )
  return plain.length > longest ? `${plain.slice(0, longest)}…` : plain
}

/** Rows with their columns below each other. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, clean(cell).length)
  const padded = (cell: string, at: number) => cell + ' '.repeat((widths[at] ?? 0) - clean(cell).length)
  return rows.map((row) => row.map(padded).join('  ').trimEnd())
}

export function seconds(ms: number): string {
  const whole = Math.round(ms / 1000)
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
