// What this client may weigh beside the bare limit; a run says where it does not hold.
import type { Results } from './results.ts'

/** One line for each budget that is broken. */
export function overBudget({ cpu, cold, memory, waiting }: Results): string[] {
  const worst = (values: number[]) => Math.max(...values)
  const ours = waiting.map(({ places }) => places.stablestudio)
  const overBest = waiting.map(({ places, frontier }) => places.stablestudio.lag / (frontier[0]?.lag ?? 0))
  const budgets: [what: string, measured: number, most: number][] = [
    ['CPU with real signatures, × bare', cpu.real.stablestudio, 1.4],
    ['CPU with a stub signer, × bare', cpu.stub.stablestudio, 6],
    ['cold start until ready, × viem/accounts', cold.ready.stablestudio, 1.5],
    ['kB of heap for each waiting job', memory.heapKbPerJob.stablestudio, 8],
    ['resident memory, × bare', memory.rss.stablestudio, 1.2],
    ['resident memory of jobs started at once, × bare', memory.rssAtOnce.stablestudio, 1.2],
    ['event loop delay p99, × bare', memory.delayP99.stablestudio, 1.5],
    ['mean lag of the worst family, × published', worst(ours.map(({ lag }) => lag)), 0.55],
    ['p95 lag of the worst family, × published', worst(ours.map(({ lagP95 }) => lagP95)), 0.55],
    ['requests of the worst family, × published', worst(ours.map(({ requests }) => requests)), 0.9],
    ['mean lag of the worst family, × the least possible', worst(overBest), 1.1],
  ]
  return budgets
    .filter(([, measured, most]) => !(measured <= most))
    .map(([what, measured, most]) => `over budget: ${what}: ${measured.toFixed(2)} of ${most}`)
}
