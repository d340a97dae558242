// The accounting of version 0.1, for comparison: one record holds all that is spent and reserved, and every payment
// writes it twice, by compare-and-set.
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { PaymentStore } from 'stablestudio'
import { closedAttempt, openAttempt } from './fill.ts'

type Json = Parameters<PaymentStore['set']>[1]
export type Cell = { spent: number; open: Record<string, { amount: number; until: number }> }

export const cellKey = 'cell'
const amount = 134_000

/** Makes one payment: reserved, signed, sent, settled. */
export function createOneCell(store: PaymentStore): () => Promise<void> {
  async function change(key: string, next: (held: unknown) => unknown): Promise<void> {
    for (let conflicts = 1; ; conflicts += 1) {
      const held = await store.get(key)
      if (await store.set(key, next(held?.value) as Json, held?.version)) return
      await pause(Math.random() * Math.min(4 * conflicts, 100))
    }
  }
  const changeCell = (how: (cell: Cell) => Cell) =>
    change(cellKey, (held) => how((held as Cell | undefined) ?? { spent: 0, open: {} }))
  return async () => {
    const id = `att_${Date.now().toString(36)}${randomBytes(10).toString('hex')}`
    const jobId = `c${id.slice(-24)}`
    const until = Date.now() + 360_000
    const sent = openAttempt(id, '')
    await changeCell((cell) => ({ ...cell, open: { ...cell.open, [id]: { amount, until } } }))
    await store.set(`attempt/${id}`, sent, undefined)
    await change(`attempt/${id}`, () => sent)
    await change(`attempt/${id}`, () => sent)
    await store.set(`job/${jobId}`, { v: 1, text: id }, undefined)
    await change(`attempt/${id}`, () => closedAttempt(id, jobId))
    await changeCell(({ spent, open: { [id]: _mine, ...open } }) => ({ spent: spent + amount, open }))
  }
}

/** As if so many payments were open. */
export async function fillCell(store: PaymentStore, count: number): Promise<void> {
  const until = Date.now() + 360_000
  const ids = Array.from({ length: count }, (_, at) => `att_filled${String(at).padStart(22, '0')}`)
  const cell: Cell = { spent: 0, open: Object.fromEntries(ids.map((id) => [id, { amount, until }])) }
  await store.set(cellKey, cell, undefined)
}
