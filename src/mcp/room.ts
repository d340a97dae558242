// Whether the limits have room for a price, before anybody is asked: the client holds them once more when it pays.
import type { Budget } from '../index.ts'
import { parseUsd } from '../internal/usd.ts'
import { Refusal } from './refusal.ts'
import { onlyOwner } from './results.ts'

/** What a price exceeds; `undefined` when there is room for it. */
export function exceededBy({ perCall, perDay, total }: Budget, usd: string): Refusal | undefined {
  const rooms = [
    { code: 'limit_per_call', what: 'one call', left: perCall },
    { code: 'limit_per_day', what: 'today', left: perDay?.left },
    { code: 'limit_total', what: 'all', left: total?.left },
  ]
  const first = rooms.find(({ left }) => left !== undefined && micros(usd) > micros(left))
  if (!first) return undefined
  const message = `Nothing was paid: it costs $${usd}, and $${first.left} is left for ${first.what}.`
  return new Refusal(first.code, message, onlyOwner)
}

const micros = (usd: string) => parseUsd(usd) ?? 0n
