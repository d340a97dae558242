// The nonces of SIGN-IN-WITH-X proofs: each counts once.

/** How long a challenge and its proof count, ms. */
export const maxAgeMs = 5 * 60_000

/** Nonces seen within the last five minutes. */
export type Nonces = {
  /** Consumes a nonce; `false` when it was used before. */
  consume(nonce: string, now: number): boolean
}

export function createNonces(): Nonces {
  const seen = new Map<string, number>()
  return {
    consume(nonce, now) {
      for (const [old, at] of seen) if (now - at > maxAgeMs) seen.delete(old)
      if (seen.has(nonce)) return false
      seen.set(nonce, now)
      return true
    },
  }
}
