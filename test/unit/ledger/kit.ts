// What the tests of the ledger share: a draft of an attempt, and stores that fail on demand.

import { LimitExceededError } from '../../../src/errors.ts'
import { createSpending, type Place, type Spending } from '../../../src/ledger/budget.ts'
import { createCells } from '../../../src/ledger/cells.ts'
import { createLedger, type Ledger } from '../../../src/ledger/ledger.ts'
import type { Limits } from '../../../src/ledger/limits.ts'
import { type AttemptRecord, budgetRecord, shareRecord } from '../../../src/ledger/records.ts'
import type { Reservation } from '../../../src/ledger/share.ts'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import type { Json, Receipt } from '../../../src/types.ts'

export const payTo = '0x07F067959297767c887dbfA3C72379c66E82a045'
export const payer = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
export const asset = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'
export const start = Date.parse('2026-11-22T12:00:00.000Z')

export function draft(id: string, amount = 170_000n): Omit<AttemptRecord, 'v' | 'state'> {
  return {
    id,
    operation: 'gpt-image-1/generate',
    origin: 'https://stablestudio.dev',
    path: '/api/generate/gpt-image-1/generate',
    protocol: 'x402',
    amount: amount.toString(),
    network: 'eip155:8453',
    asset,
    payTo,
    payer,
    createdAt: new Date().toISOString(),
    nonce: `0x${'1'.repeat(64)}`,
    validBefore: Math.floor(Date.now() / 1000) + 300,
    inputHashes: { prompt: 'a'.repeat(32) },
    request: { body: '{"prompt":"x"}', header: ['PAYMENT-SIGNATURE', 'c2VjcmV0'] },
  }
}

export const receipt: Receipt = {
  usd: '0.17',
  amount: '170000',
  network: 'eip155:8453',
  asset,
  payer,
  payTo,
  transaction: '0xabc',
  settledAt: '2026-11-22T12:00:05.000Z',
}

/** A process of its own on a store that others share. */
export function ledgerOn(store: PaymentStore, limits: Limits = {}): Ledger {
  return createLedger(createCells(store), { origin: 'https://stablestudio.dev', payer }, limits, Date.now)
}

/** The budget of one process; commits and releases by id alone. */
export function spendingOn(store: PaymentStore, limits: Limits = {}) {
  const spending: Spending = createSpending(createCells(store), limits, Date.now)
  const shares = new Map<string, string>()
  const placeOf = (id: string): Place => ({ id, share: shares.get(id) })
  return {
    open: spending.open,
    left: spending.left,
    giveBack: spending.giveBack,
    async reserve(reservation: Reservation) {
      const share = await spending.reserve(reservation)
      shares.set(reservation.attemptId, share)
      return share
    },
    extend: (id: string, until: number) => spending.extend(placeOf(id), until),
    commit: (id: string) => spending.commit(placeOf(id)),
    release: (id: string) => spending.release(placeOf(id)),
  }
}

const sum = (amounts: string[]) => amounts.reduce((all, amount) => all + BigInt(amount), 0n)

/** What the ledger says is spent, reserved and granted. Throws where it breaks its own rules. */
export async function auditOf(store: PaymentStore, { perDay, total }: Limits = {}) {
  const held = await store.get('budget')
  const budget = budgetRecord.parse(held?.value ?? { v: 2, spent: '0', days: {}, grants: {} })
  let spent = BigInt(budget.spent)
  const days: Record<string, bigint> = {}
  for (const [day, amount] of Object.entries(budget.days)) days[day] = BigInt(amount)
  const granted = { ...days }
  const open: Record<string, string> = {}
  for (const [path, grant] of Object.entries(budget.grants)) {
    const entry = await store.get(`share/${path}`)
    const share = shareRecord.parse(entry?.value ?? { v: 2, granted: '0', spent: '0', open: {}, at: 0 })
    const reserved = Object.entries(share.open).map(([id, { amount }]) => [id, amount] as const)
    const used = BigInt(share.spent) + sum(reserved.map(([, amount]) => amount))
    if (used > BigInt(share.granted)) throw new Error(`${path} uses ${used} of ${share.granted}`)
    if (BigInt(share.granted) > BigInt(grant)) throw new Error(`${path} has ${share.granted} of ${grant}`)
    const day = path.slice(0, 10)
    spent += BigInt(share.spent)
    days[day] = (days[day] ?? 0n) + BigInt(share.spent)
    granted[day] = (granted[day] ?? 0n) + BigInt(grant)
    Object.assign(open, Object.fromEntries(reserved))
  }
  const all = BigInt(budget.spent) + sum(Object.values(budget.grants))
  if (total !== undefined && all > total) throw new Error(`${all} of ${total} granted`)
  for (const [day, amount] of Object.entries(granted)) {
    if (perDay !== undefined && amount > perDay) throw new Error(`${amount} of ${perDay} granted on ${day}`)
  }
  return {
    spent,
    days,
    open: Object.keys(open),
    reserved: sum(Object.values(open)),
    shares: Object.keys(budget.grants),
  }
}

export type Faults = {
  /** Throws instead of the operation. */
  before?: (operation: keyof PaymentStore, key: string) => void
  /** Throws after the operation was done. */
  after?: (operation: keyof PaymentStore, key: string) => void
}

/** A store in memory that fails on demand. */
export function faultyStore(faults: Faults, store: PaymentStore = memoryStore()): PaymentStore {
  async function run<value>(operation: keyof PaymentStore, key: string, work: () => Promise<value>) {
    faults.before?.(operation, key)
    const result = await work()
    faults.after?.(operation, key)
    return result
  }
  return {
    get: (key) => run('get', key, () => store.get(key)),
    set: (key, value, expected) => run('set', key, () => store.set(key, value, expected)),
    delete: (key, expected) => run('delete', key, () => store.delete(key, expected)),
    keys: (prefix) => store.keys(prefix),
  }
}

/** Writes a value over whatever a key holds. */
export async function overwrite(store: PaymentStore, key: string, value: Json): Promise<void> {
  await store.set(key, value, (await store.get(key))?.version)
}

export async function collect<value>(values: AsyncIterable<value>): Promise<value[]> {
  const found: value[] = []
  for await (const one of values) found.push(one)
  return found
}

export const reservation = (attemptId: string, amount: bigint) => ({
  attemptId,
  amount,
  until: Date.now() + 3_600_000,
})

/** Reserves one unit after the other until that is refused. */
export async function fill(store: PaymentStore, limits: Limits): Promise<void> {
  const spending = spendingOn(store, limits)
  for (let n = 0; ; n += 1) {
    try {
      await spending.reserve(reservation(`fill-${n}`, 1n))
    } catch (error) {
      if (error instanceof LimitExceededError) return
      throw error
    }
  }
}

/** Makes every share look as if it had not been written for so long. */
export async function age(store: PaymentStore, ms: number): Promise<void> {
  for (const key of await collect(store.keys('share/'))) {
    const entry = await store.get(key)
    const value = entry?.value as { at: number }
    await store.set(key, { ...value, at: value.at - ms }, entry?.version)
  }
}
