// One paying command: places for the files, the price, consent, the payments, the wait, the files.

import { keyOf } from '../../ai/options.ts'
import {
  describeOperation,
  operations,
  type Progress,
  type Quote,
  type StableStudioClient,
} from '../../index.ts'
import { formatUsd } from '../../internal/usd.ts'
import { exitCodeOf, linesOf } from '../exit.ts'
import { exits } from '../exit-codes.ts'
import type { Flags } from '../flags.ts'
import type { Order } from '../orders/order.ts'
import { requireAccount, type Session, withSession } from '../session.ts'
import { showPreview } from '../terminal/preview.ts'
import { createProgress } from '../terminal/progress.ts'
import { clean } from '../terminal/text.ts'
import { askConsent, sumOf } from './consent.ts'
import { type Destination, openDestination } from './destination.ts'
import { type Bought, jsonOf, jsonOfError } from './json.ts'
import { tellOpenAttempts } from './open-attempts.ts'
import { save } from './save.ts'
import { createStop, type Stop } from './stop.ts'
import { isPaid, submitOrder } from './submit.ts'

/** Prices, asks, pays, waits and saves. Resolves to the exit code. */
export async function payFor(orders: readonly Order[], flags: Flags): Promise<number> {
  return withSession(flags, (session) => paying(session, orders, flags))
}

async function paying(session: Session, orders: readonly Order[], flags: Flags): Promise<number> {
  const { ui, config, studio } = session
  const output = flags.output ?? config.output
  const destination =
    flags.wait === false
      ? undefined
      : await openDestination(output, { force: flags.force, count: orders.length })
  const account = await requireAccount(session)
  const stop = createStop(ui)
  try {
    if (!session.isSandbox) await tellOpenAttempts(session, stop.signal)
    if (flags.maxPrice === undefined) for (const { operation } of orders) await requireKnown(operation)
    const keyed = orders.map((order, at) => ({ order, key: keyOf(flags.key, at) }))
    const paid = await Promise.all(keyed.map(({ key }) => isPaid(studio, key)))
    if (paid.includes(true)) ui.note('This key is paid for already: nothing more is paid for it.')
    const unpaid = orders.filter((_, at) => !paid[at])
    const quotes = await pricesOf(studio, unpaid, stop.signal)
    tellPrice(session, quotes)
    if (!session.isSandbox && quotes.length > 0)
      await askConsent(ui, quotes, { ...flags, askAbove: config.askAbove, signal: stop.signal })
    const left = [...quotes]
    const purchases = keyed.map((one, at) => ({ ...one, quote: paid[at] ? undefined : left.shift() }))
    await account.unlock(stop.signal)
    return await report(session, flags, await buyAll(session, purchases, { flags, destination, stop }))
  } finally {
    stop.end()
  }
}

/**
 * The price of an operation that is not in the catalogue is whatever the service says.
 *
 * @throws {UnknownOperationError} with what is probably meant.
 */
export async function requireKnown(operation: string): Promise<void> {
  if (!operations().some(({ id }) => id === operation)) await describeOperation(operation)
}

/** The price of each order. The same order is asked for once. */
export async function pricesOf(
  studio: StableStudioClient,
  orders: readonly Order[],
  signal?: AbortSignal,
): Promise<Quote[]> {
  const asked = new Map<Order, Promise<Quote>>()
  const quotes = orders.map((order) => {
    const known = asked.get(order) ?? studio.quote(order.operation, order.input, { signal })
    asked.set(order, known)
    return known
  })
  return Promise.all(quotes)
}

function tellPrice({ ui, isSandbox }: Session, quotes: readonly Quote[]): void {
  const [first] = quotes
  if (!first) return
  const many = quotes.length > 1 ? `${quotes.length} × ${first.operation}` : first.operation
  const uploads = quotes.reduce((sum, quote) => sum + (quote.uploads?.count ?? 0), 0)
  const with_ = uploads > 0 ? `, with ${uploads} ${uploads === 1 ? 'upload' : 'uploads'}` : ''
  ui.note(
    `${clean(many, 120)}  $${formatUsd(sumOf(quotes))}${with_}${isSandbox ? '  (sandbox: play money)' : ''}`,
  )
}

/** @param quote missing where the key is paid for. */
type Purchase = { order: Order; key: string | undefined; quote: Quote | undefined }
type Way = { flags: Flags; destination: Destination | undefined; stop: Stop }

async function buyAll(
  session: Session,
  purchases: readonly Purchase[],
  way: Way,
): Promise<PromiseSettledResult<Bought>[]> {
  const progress = createProgress(session.ui, purchases.length)
  try {
    return await Promise.allSettled(
      purchases.map(async (purchase, at) => {
        const onProgress = progress.update.bind(undefined, at)
        const bought = await buyOne(session, purchase, { ...way, onProgress })
        progress.finished(at)
        return bought
      }),
    )
  } finally {
    progress.end()
  }
}

async function buyOne(
  { studio, ui }: Session,
  { order, key, quote }: Purchase,
  { flags, destination, stop, onProgress }: Way & { onProgress: (progress: Progress) => void },
): Promise<Bought> {
  const job = await submitOrder(studio, order, quote, { stop, idempotencyKey: key, onProgress })
  ui.note(`paid $${job.receipt.usd}, job ${job.id}`)
  if (!destination) return { job }
  stop.paid(job.id)
  const output = await studio.wait(job, {
    signal: stop.signal,
    timeout: flags.timeout,
    onProgress,
  })
  const file = await save(output, destination, { signal: stop.signal, job })
  stop.saved(job.id)
  return { job, output, file }
}

/** Files on stdout; what is missing on stderr. */
async function report(
  { ui }: Session,
  flags: Flags,
  results: readonly PromiseSettledResult<Bought>[],
): Promise<number> {
  const errors = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  if (errors.length > 0 && results.length === 1) throw errors[0]
  const done = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const values = results.map((one) =>
    one.status === 'fulfilled' ? jsonOf(one.value, flags.wait === false) : jsonOfError(one.reason),
  )
  if (flags.json) ui.json(results.length === 1 ? values[0] : values)
  for (const { job, output, file } of done) {
    if (!flags.json) file ? ui.path(file) : ui.out(job.id)
    if (file && output && flags.preview !== false) await showPreview(ui, file, output)
  }
  if (errors.length === 0) return exits.done
  ui.warn(`${errors.length} of ${results.length} are missing:`)
  for (const line of errors.flatMap(linesOf)) ui.warn(clean(line))
  return gravest(errors.map(exitCodeOf), done.length > 0)
}

/** An open payment first, then what is paid and can be had. */
function gravest(codes: readonly number[], someDone: boolean): number {
  const order = [exits.unknown, exits.notFinished, exits.notSaved, exits.jobFailed]
  return (
    order.find((code) => codes.includes(code)) ?? (someDone ? exits.jobFailed : (codes[0] ?? exits.failed))
  )
}
