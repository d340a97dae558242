// A thousand waiting jobs of one wallet: looks at each of them, and the job list for all of them.
import { inChild } from '../lib/child.ts'
import { inRounds } from '../lib/rounds.ts'
import { median, pairedRatio, rounded } from '../lib/stats.ts'

export type Waited = { requests: number; cpuMs: number; lagMs: number }

/** `ratio`: the list to the looks. */
export type CrowdResult = { looks: Waited; list: Waited; ratio: Waited }

const jobs = 1_000
/** The most for which a client looks at each. */
const few = 19

/** @param rounds of both, so that load on the machine hits both. */
export async function measureCrowd(rounds: number): Promise<CrowdResult> {
  const together = { looks: few, list: jobs }
  const measured = await inRounds(['looks', 'list'] as const, rounds, (name) =>
    inChild<Waited>('cases/crowd.child.ts', { together: together[name], jobs }),
  )
  const each = (of: (field: keyof Waited) => number): Waited => {
    return { requests: of('requests'), cpuMs: of('cpuMs'), lagMs: of('lagMs') }
  }
  const values = (name: keyof typeof together, field: keyof Waited) => measured[name].map((one) => one[field])
  return {
    looks: each((field) => rounded(median(values('looks', field)), 0)),
    list: each((field) => rounded(median(values('list', field)), 0)),
    ratio: each((field) => rounded(pairedRatio(values('list', field), values('looks', field)), 3)),
  }
}
