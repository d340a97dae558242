// Ids as the service forms them, and the seeded randomness behind them.
import { hexDigits } from '../../internal/hex.ts'

/** Numbers in [0, 1) that depend only on the seed. */
export type Random = () => number

/** mulberry32. */
export function createRandom(seed: number): Random {
  let state = Math.trunc(seed) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The ids of one sandbox. */
export function createIds(seed: number) {
  const random = createRandom(seed)
  const fingerprint = digits(random, 4)
  let counter = 0
  return {
    /** A cuid v1, as the service's job ids are: `c`, 8 digits of time, 4 of a counter, 12 more (base 36). */
    job(now: number): string {
      const time = Math.floor(now).toString(36).padStart(8, '0').slice(-8)
      const count = (counter++ % 36 ** 4).toString(36).padStart(4, '0')
      return `c${time}${count}${fingerprint}${digits(random, 8)}`
    },
    /** A version 4 uuid. It depends on the time, so that a restarted sandbox does not repeat itself. */
    uuid(now: number): string {
      const mask = createRandom(now % 2 ** 32)
      return formatUuid(
        Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256) ^ Math.floor(mask() * 256)),
      )
    },
  }
}

/** A uuid that need not be repeatable. */
export function randomUuid(): string {
  return formatUuid(crypto.getRandomValues(new Uint8Array(16)))
}

/** 32-bit hash (FNV-1a) of a text, for use as a seed. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

function formatUuid(bytes: Uint8Array): string {
  const hex = hexDigits(bytes).split('')
  hex[12] = '4'
  hex[16] = '89ab'.charAt(Number.parseInt(hex[16] ?? '0', 16) % 4)
  return hex.join('').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function digits(random: Random, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 36).toString(36)).join('')
}
