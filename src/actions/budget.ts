// `budget`: the limits of this client, and what is left of them.
import type { Context } from '../context.ts'
import { formatUsd } from '../internal/usd.ts'
import { inUsd } from '../ledger/used.ts'
import type { Budget } from '../types.ts'

const dayMs = 86_400_000

export async function budget({ ledger, limits: { perCall, ...overTime } }: Context): Promise<Budget> {
  const first = perCall === undefined ? {} : { perCall: formatUsd(perCall) }
  if (Object.keys(overTime).length === 0) return first
  const { left, day } = await ledger.left()
  const endsAt = new Date(Date.parse(day) + dayMs).toISOString()
  return {
    ...first,
    ...(left.perDay && { perDay: { ...inUsd(left.perDay), endsAt } }),
    ...(left.total && { total: inUsd(left.total) }),
  }
}
