// The sandbox's clock: system time, moved forward on demand.
import { invalidConfig } from './invalid.ts'
import type { SandboxClock } from './types.ts'

/** System time plus everything that `advance()` added. */
export function createSystemClock(): SandboxClock {
  let added = 0
  return {
    now: () => Date.now() + added,
    advance(ms) {
      if (!Number.isFinite(ms) || ms < 0) {
        throw invalidConfig([{ path: 'advance', message: 'must be a number of ms, 0 or more' }])
      }
      added += ms
    },
  }
}
