// Fills a store with the records of many payments, as if they had been made there: closed ones, and open ones.
import type { PaymentStore } from 'stablestudio'
import { operation, origin } from './subject.ts'

export type Filling = {
  /** Payments that are over. */
  closed: number
  /** Payments whose answer never came. */
  open: number
}

type Json = Parameters<PaymentStore['set']>[1]

const amount = '134000'
/** So many open payments are in one share of the budget. */
const perShare = 64
/** Over which they were made, until now, ms. */
const periodMs = 10 * 86_400_000
/** Writes that wait for the store at once. */
const atOnce = 500

/** For an empty store. */
export async function fill(store: PaymentStore, { closed, open }: Filling): Promise<void> {
  const [total, began] = [closed + open, Date.now() - periodMs]
  const idOf = (at: number) => {
    const time = began + Math.floor((at / total) * periodMs)
    return `att_${time.toString(36)}${at.toString(16).padStart(20, '0')}`
  }
  const day = new Date().toISOString().slice(0, 10)
  const share = (at: number) => `${day}/filled${Math.floor(at / perShare)}`
  const spent = (BigInt(amount) * BigInt(closed)).toString()
  const empty = { v: 2, spent: '0', days: {} }
  const records: [key: string, value: Json][] = [['spend', { ...empty, open: {} }]]
  const grants: Record<string, string> = {}
  for (let from = 0; from < open; from += perShare) {
    const ids = Array.from({ length: Math.min(perShare, open - from) }, (_, at) => idOf(closed + from + at))
    const granted = (BigInt(amount) * BigInt(ids.length)).toString()
    const until = Date.now() + 600_000
    const held = Object.fromEntries(ids.map((id) => [id, { amount, until, leaseUntil: 0 }]))
    grants[share(from)] = granted
    records.push([`share/${share(from)}`, { v: 2, granted, spent: '0', open: held, at: Date.now() }])
    for (const id of ids) records.push([`attempt/${id}`, openAttempt(id, share(from))])
  }
  for (let at = 0; at < closed; at += 1) {
    const [id, jobId] = [idOf(at), `cfilled${String(at).padStart(18, '0')}`]
    records.push([`attempt/${id}`, closedAttempt(id, jobId)], [`job/${jobId}`, { v: 1, text: id }])
  }
  records.push(['budget', { v: 2, spent, days: { [day]: spent }, grants }])
  for (let at = 0; at < records.length; at += atOnce)
    await Promise.all(records.slice(at, at + atOnce).map(([key, value]) => store.set(key, value, undefined)))
}

function attempt(id: string) {
  const createdAt = Number.parseInt(id.slice(4, 12), 36)
  return {
    v: 1,
    id,
    operation,
    protocol: 'x402',
    amount,
    network: 'eip155:8453',
    asset: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
    payTo: `0x${'07'.repeat(20)}`,
    payer: `0x${'70'.repeat(20)}`,
    createdAt: new Date(createdAt).toISOString(),
    validBefore: Math.floor(createdAt / 1000) + 300,
  }
}

export function closedAttempt(id: string, jobId: string): Json {
  const settledAt = new Date().toISOString()
  const receipt = { transaction: `0x${'ab'.repeat(32)}`, settledAt }
  return { ...attempt(id), state: 'settled', share: 'folded', jobId, jobCreatedAt: settledAt, receipt }
}

export function openAttempt(id: string, share: string): Json {
  const request = {
    body: '{"prompt":"a lighthouse at dusk"}',
    header: ['PAYMENT-SIGNATURE', 'c'.repeat(900)],
  }
  const sent = { origin, path: `/api/generate/${operation}`, method: 'x402', nonce: `0x${'1'.repeat(64)}` }
  return { ...attempt(id), ...sent, state: 'unknown', share, request, sentAt: new Date().toISOString() }
}
