// The tool that pays.
import type { Quote, StableStudioClient } from '../index.ts'
import { parseUsd } from '../internal/usd.ts'
import { bounded, type Extra, report, type ToolCall } from './call.ts'
import { collect, paying, typicalSeconds, type Wish, working } from './collect.ts'
import { inputObject, readInput } from './inputs.ts'
import { keyOf } from './keys.ts'
import { readName } from './names.ts'
import type { Paid } from './payments.ts'
import { Refusal, wrong } from './refusal.ts'
import { failed, type Result } from './results.ts'
import { exceededBy } from './room.ts'
import { type Runtime, requireAllowed } from './runtime.ts'

export type GenerateArguments = {
  operation: string
  input: Record<string, unknown>
  max_price?: string | undefined
  variation?: number | undefined
  file_name?: string | undefined
  show?: boolean | undefined
}

/** How far a call got, for the answer when its time is over. */
type Progress = { key?: string; paid?: Paid; mayPay?: boolean }

/** What a library is told for a question to a person. */
export type Asking = object

export async function generate(
  runtime: Runtime,
  given: GenerateArguments,
  extra: Extra,
  clientCapabilities: () => unknown,
): Promise<Result | Asking> {
  const { settings } = runtime
  const progress: Progress = {}
  const how = { extra, waitMs: settings.waitMs, clientCapabilities }
  const answer = bounded<Result | Asking>(
    how,
    (call) => attempt(runtime, given, call, progress),
    () => late(settings.client, progress),
  ).catch(failed)
  report(extra, typicalSeconds(given.operation), answer).catch(() => {})
  return answer
}

async function attempt(
  runtime: Runtime,
  given: GenerateArguments,
  call: ToolCall,
  progress: Progress,
): Promise<Result | Asking> {
  const { settings } = runtime
  const { operation, variation = 1 } = given
  requireAllowed(settings, operation)
  const wish: Wish = { name: readName(given.file_name), show: given.show === true }
  const asked = inputObject(given.input)
  if (variation > 1 && asked.seed !== undefined)
    throw wrong(
      'variation',
      'would be the same picture, because the input has a seed',
      'Change the seed instead.',
    )
  const { input, identity } = await readInput(operation, asked, settings.inputFolders)
  const key = keyOf(operation, identity, variation)
  progress.key = key
  const paid =
    (await earlier(runtime, key, call, progress)) ??
    (await pay(runtime, { given, input, key }, call, progress))
  if ('ask' in paid) return paid.ask
  progress.paid = paid
  const typical = (typicalSeconds(operation) ?? 0) * 1000
  // What takes longer than the call is handed out at once, unless it was saved before.
  const waitMs = typical > call.left() ? 0 : call.left()
  if (waitMs === 0 && !(await runtime.saver.find(paid.id)) && isFresh(progress)) return working(paid)
  return collect(runtime, call, paid, { wish, waitMs: waitMs || call.left() })
}

/** Paid by this very call: it has just begun. */
const isFresh = ({ mayPay }: Progress) => mayPay === true

/** What these arguments have bought, or are about to: it is never paid for again, and nobody is asked for it. */
async function earlier(
  { settings, payments }: Runtime,
  key: string,
  call: ToolCall,
  progress: Progress,
): Promise<Paid | undefined> {
  const running = payments.running(key)
  if (running) progress.mayPay = true
  if (running) return running
  const attempt = await settings.client.payment({ idempotencyKey: key })
  if (!attempt) return undefined
  progress.mayPay = attempt.state !== 'released' && attempt.state !== 'rejected'
  const found = await payments.settled(attempt, call)
  progress.mayPay = false
  return found
}

type Order = { given: GenerateArguments; input: Record<string, unknown>; key: string }

async function pay(
  { settings, payments, saver, approve }: Runtime,
  { given, input, key }: Order,
  call: ToolCall,
  progress: Progress,
): Promise<Paid | { ask: Asking }> {
  const { client } = settings
  const { operation, max_price } = given
  await requireWallet(client)
  await saver.check()
  const limits = { signal: call.signal, timeout: Math.max(1, call.left()) }
  const quote = await client.quote(operation, input, limits)
  requireBelow(quote, max_price)
  const exceeded = exceededBy(await client.budget(), quote.usd)
  if (exceeded) throw exceeded
  const approval = await approve(call, { key, usd: quote.usd, operation })
  if ('ask' in approval) return approval
  call.requireOpen()
  progress.mayPay = true
  // Pays what was quoted, which was held against the list price, and nothing else: an agent's maximum raises nothing.
  return payments.start(key, () => client.submit(quote, { idempotencyKey: key, maxPrice: max_price }))
}

/** The ledger tells for nothing whether there is a wallet; a price or a question would be in vain without one. */
async function requireWallet(client: StableStudioClient): Promise<void> {
  await client.recover({ attemptId: 'none', timeout: 10_000 })
}

function requireBelow({ usd }: Quote, max: string | undefined): void {
  if (max === undefined || (parseUsd(usd) ?? 0n) <= (parseUsd(max) ?? 0n)) return
  throw new Refusal(
    'price_above_max',
    `Nothing was paid: it costs $${usd}, and max_price is $${max}.`,
    'Ask the user before you raise it.',
  )
}

async function late(client: StableStudioClient, { key, paid, mayPay }: Progress): Promise<Result> {
  if (paid) return working(paid)
  if (!mayPay || key === undefined) {
    const message = 'The price did not come in time. Nothing was paid.'
    return failed(new Refusal('timeout', message, 'Call again with the same arguments.'))
  }
  const found = client.payment({ idempotencyKey: key }).catch(() => undefined)
  const soon = new Promise<undefined>((resolve) => setTimeout(resolve, 1_000))
  return paying((await Promise.race([found, soon]))?.id)
}
