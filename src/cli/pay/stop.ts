// Ctrl-C: the first one ends what costs nothing to end, and waits for the answer to a payment; the second one ends at once.
import type { Phase } from '../../index.ts'
import { exits } from '../exit-codes.ts'
import { endNow } from '../interrupt.ts'
import type { Ui } from '../terminal/ui.ts'

export type Stop = {
  /** Aborted by the first Ctrl-C. */
  signal: AbortSignal
  /**
   * Runs what pays. Ctrl-C ends it before its payment goes out and after it is answered, and never in between.
   *
   * @param work gets the signal to end by, and tells each phase that begins.
   */
  paying<value>(work: (signal: AbortSignal, begins: (phase: Phase) => void) => Promise<value>): Promise<value>
  /** A job is paid, and not saved yet. */
  paid(jobId: string): void
  saved(jobId: string): void
  end(): void
}

/** @param resume what goes on with the paid jobs. @default `stablestudio wait` for each */
export function createStop(ui: Ui, resume?: string): Stop {
  const controller = new AbortController()
  const jobs = new Set<string>()
  const onTheirWay = new Set<symbol>()
  const onSignal = () => {
    if (controller.signal.aborted) return endNow(ui, endingOf(onTheirWay.size > 0, [...jobs], resume))
    if (onTheirWay.size > 0)
      ui.warn('Waiting for the answer to the payment. Press Ctrl-C again to end at once.')
    controller.abort()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  const { signal } = controller
  return {
    signal,
    async paying(work) {
      const own = new AbortController()
      const id = Symbol('payment')
      const endUnlessOut = () => {
        if (signal.aborted && !onTheirWay.has(id)) own.abort()
      }
      signal.addEventListener('abort', endUnlessOut)
      endUnlessOut()
      try {
        return await work(own.signal, (phase) => {
          if (phase === 'pay' || phase === 'upload') onTheirWay.add(id)
          else onTheirWay.delete(id)
          endUnlessOut()
        })
      } finally {
        onTheirWay.delete(id)
        signal.removeEventListener('abort', endUnlessOut)
      }
    },
    paid: (jobId) => void jobs.add(jobId),
    saved: (jobId) => void jobs.delete(jobId),
    end: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  }
}

function endingOf(isPaying: boolean, jobs: readonly string[], resume: string | undefined) {
  const waits =
    resume === undefined ? jobs.map((job) => `stablestudio wait ${job}`) : jobs.slice(0, 1).map(() => resume)
  if (isPaying) {
    const lines = [
      ...waits,
      'It may be paid. This finds the job, or shows that nothing was charged:',
      'stablestudio recover',
    ]
    return { code: exits.unknown, payment: 'unknown', lines } as const
  }
  if (jobs.length > 0) return { code: exits.notFinished, payment: 'settled', lines: waits } as const
  return { code: exits.interrupted, payment: 'none', lines: [] } as const
}
