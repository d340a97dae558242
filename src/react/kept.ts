// What a reload must find again: the key and the job of the generation that is open, in the page's localStorage.
import type { Job } from '../index.ts'

/** The key of its payment; the job once it is known. No input: that is not needed to collect. */
export type Kept = { key: string; job?: Job | undefined }

const placeOf = (name: string) => `stablestudio/generation/${name}`

export function readKept(name: string): Kept | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(placeOf(name)) ?? 'null')
    return typeof kept === 'object' && kept !== null && 'key' in kept && typeof kept.key === 'string'
      ? (kept as Kept)
      : undefined
  } catch {
    // Blocked, or not ours: the client's own ledger has everything that was paid.
    return undefined
  }
}

export function keep(name: string, kept: Kept): void {
  try {
    localStorage.setItem(placeOf(name), JSON.stringify(kept))
  } catch {}
}

/** Only the entry of this very generation: another tab may have begun one meanwhile. */
export function forget(name: string, key: string | undefined): void {
  try {
    if (readKept(name)?.key === key) localStorage.removeItem(placeOf(name))
  } catch {}
}
