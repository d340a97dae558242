// One payment of the command: exactly what was agreed to, and not interrupted half-way.
import type { Job, Progress, Quote, StableStudioClient } from '../../index.ts'
import type { Order } from '../orders/order.ts'
import type { Stop } from './stop.ts'

export type Submission = {
  stop: Stop
  idempotencyKey: string | undefined
  onProgress: (progress: Progress) => void
}

/** Whether the key is paid for: then its job is had without a price and without consent. */
export async function isPaid(
  studio: StableStudioClient,
  idempotencyKey: string | undefined,
): Promise<boolean> {
  if (idempotencyKey === undefined) return false
  return (await studio.payment({ idempotencyKey }))?.state === 'settled'
}

/**
 * The job of an order.
 *
 * @param quote what was agreed to; without it the key is paid for, and nothing more can be.
 */
export async function submitOrder(
  studio: StableStudioClient,
  { operation, input }: Order,
  quote: Quote | undefined,
  { stop, idempotencyKey, onProgress }: Submission,
): Promise<Job> {
  return stop.paying((signal, begins) => {
    const options = {
      signal,
      maxPrice: quote?.usd ?? '0',
      idempotencyKey,
      onProgress: (progress: Progress) => {
        begins(progress.phase)
        onProgress(progress)
      },
    }
    return quote ? studio.submit(quote, options) : studio.submit(operation, input, options)
  })
}
