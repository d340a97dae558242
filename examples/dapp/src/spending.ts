// How much of the limits is left, counted from the ledger as the client counts it.
import type { Attempt } from 'stablestudio'
import { formatUnits, parseUnits } from 'viem'
import type { Settings } from './settings.ts'

/** USD decimal strings. */
export type Left = { today: string; total: string; spent: string }

/** What is open counts as spent; only `rejected` and `released` gave their amount back. */
export function leftOf(payments: readonly Attempt[], limits: Settings['limits'], now = new Date()): Left {
  const counted = payments.filter(({ state }) => state !== 'rejected' && state !== 'released')
  const day = now.toISOString().slice(0, 10)
  const spent = sum(counted)
  const today = sum(counted.filter(({ createdAt }) => createdAt.startsWith(day)))
  const total = atLeastNothing(parseUnits(limits.total, 6) - spent)
  const ofToday = atLeastNothing(parseUnits(limits.perDay, 6) - today)
  return {
    today: formatUsd(ofToday < total ? ofToday : total),
    total: formatUsd(total),
    spent: formatUsd(spent),
  }
}

function sum(payments: readonly Attempt[]): bigint {
  return payments.reduce((total, payment) => total + parseUnits(payment.usd, 6), 0n)
}

function atLeastNothing(amount: bigint): bigint {
  return amount > 0n ? amount : 0n
}

/** At least two decimals, and no more than it takes. */
export function formatUsd(amount: bigint): string {
  const [whole = '0', decimals = ''] = formatUnits(amount, 6).split('.')
  return `${whole}.${decimals.padEnd(2, '0')}`
}
