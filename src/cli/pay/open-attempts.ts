// Before more is paid: what became of the payments that an earlier command left open.
import { exitCodeOf } from '../exit.ts'
import { exits } from '../exit-codes.ts'
import type { Session } from '../session.ts'

/** Settles what can be settled in a moment, and tells it. What stays open is no reason not to pay for something else. */
export async function tellOpenAttempts({ studio, ui }: Session, signal: AbortSignal): Promise<void> {
  try {
    for (const { attempt, outcome, job } of await studio.recover({ timeout: 5_000, signal })) {
      const what = `an earlier payment of $${attempt.usd} for ${attempt.operation}`
      if (job) ui.warn(`Found ${what}. Its job is paid: stablestudio wait ${job.id}`)
      else if (outcome === 'still-open') ui.warn(`Still open: ${what}. stablestudio recover`)
      else ui.note(`Settled: ${what} (${outcome}).`)
    }
  } catch (error) {
    // A wallet or a store that fails here fails the payment, too.
    if (exitCodeOf(error) !== exits.tryAgain || signal.aborted) throw error
    ui.note('Earlier payments could not be looked at now. `stablestudio recover` does it.')
  }
}
