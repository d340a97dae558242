// What the tests of the ledger share: a draft of an attempt, and stores that fail on demand.

import type { Limits } from '../../../src/ledger/budget.ts'
import { createCells } from '../../../src/ledger/cells.ts'
import { createLedger, type Ledger } from '../../../src/ledger/ledger.ts'
import type { AttemptRecord } from '../../../src/ledger/records.ts'
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
