// `image`, `video`, `vectorize` and `run`, and with `price` in front of them their quote alone.

import { formatUsd } from '../../internal/usd.ts'
import { exits } from '../exit-codes.ts'
import type { Flags } from '../flags.ts'
import { orderOfFields } from '../orders/fields.ts'
import {
  type ImageFlags,
  imageOrders,
  type VideoFlags,
  vectorizeOrders,
  videoOrders,
} from '../orders/media.ts'
import type { Order } from '../orders/order.ts'
import { sumOf } from '../pay/consent.ts'
import { payFor, pricesOf } from '../pay/pay.ts'
import { withSession } from '../session.ts'
import { createUi } from '../terminal/ui.ts'

type Given = { orders: Order[]; warnings: string[] }
export type Mode = 'pay' | 'price'

export const image = (mode: Mode, prompt: string, flags: Flags & ImageFlags) =>
  perform(mode, flags, () => imageOrders(prompt, flags))

export const video = (mode: Mode, prompt: string, flags: Flags & VideoFlags) =>
  perform(mode, flags, () => videoOrders(prompt, flags))

export const vectorize = (mode: Mode, file: string, flags: Flags & { model: string }) =>
  perform(mode, flags, () => vectorizeOrders(file, flags.model))

export const run = (mode: Mode, operation: string, pairs: string[], flags: Flags & { input?: string }) => {
  // The same name as of `--no-input`: commander keeps either a text or `false`.
  const { input, ...rest } = flags as { input?: string | boolean }
  const file = typeof input === 'string' ? input : undefined
  const others: Flags = { ...rest, input: input !== false }
  return perform(mode, others, async () => ({
    orders: [await orderOfFields(operation, pairs, file)],
    warnings: [],
  }))
}

async function perform(mode: Mode, flags: Flags, read: () => Promise<Given>): Promise<number> {
  const { orders, warnings } = await read()
  const ui = createUi(flags)
  for (const warning of warnings) ui.note(`note: ${warning}`)
  return mode === 'price' ? tellPrice(orders, flags) : payFor(orders, flags)
}

async function tellPrice(orders: readonly Order[], flags: Flags): Promise<number> {
  return withSession(
    flags,
    async ({ ui, studio }) => {
      const quotes = await pricesOf(studio, orders)
      if (flags.json) ui.json(quotes.length === 1 ? quotes[0] : quotes)
      else ui.out(formatUsd(sumOf(quotes)))
      return exits.done
    },
    { wallet: false },
  )
}
