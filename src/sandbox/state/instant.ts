// The time of an instant sandbox: its clock, and the deadlines of its client's calls. Nothing here sets a timer.
import type { Deadline, Instant } from '../../internal/time.ts'
import type { SandboxClock } from './types.ts'

/** `node:test` begins its mocked time at 0, when authorizations would begin before 1970. */
const dayMs = 86_400_000

/** The clock stands still while a call holds it: no fake timer makes an instant call take an hour. */
export function createInstant(clock: SandboxClock): Instant & { own: SandboxClock } {
  let holds = 0
  let heldAt = 0
  const time = () => Math.max(dayMs, clock.now())
  const now = () => (holds > 0 ? heldAt : time())
  const advance = (ms: number) => {
    clock.advance(ms)
    heldAt += ms
  }
  const skew = () => now() - Date.now()
  return {
    own: { now, advance },
    clock: { now, skew, seen: skew, isPlausible: () => true, observe() {} },
    deadline: createInstantDeadline,
    repeated,
    hold() {
      if (holds === 0) heldAt = time()
      holds += 1
      return () => {
        holds -= 1
      }
    },
  }
}

function createInstantDeadline(ms: number, signal: AbortSignal | undefined): Deadline {
  const start = Date.now()
  let skipped = 0
  return {
    left: () => Math.max(0, ms - skipped),
    passed: () => skipped >= ms,
    now: () => start + skipped,
    async rest(pause) {
      skipped += pause
      // A turn of the event loop for other work. Timers would do it too, but tests may have replaced them.
      await crypto.subtle.digest('SHA-256', new Uint8Array())
    },
    signal,
    instant: true,
  }
}

async function repeated<answer extends { status: number }>(
  send: () => Promise<answer>,
  limit: number,
): Promise<answer> {
  for (let left = limit; left > 0; left -= 1) {
    const answer = await send().catch(() => undefined)
    if (answer && answer.status < 500 && answer.status !== 429) return answer
  }
  return send()
}
