// A thousand waiting jobs of one wallet: looks at each of them, and the job list for all of them.
import { inChild } from '../lib/child.ts'
import { rounded } from '../lib/stats.ts'

export type Waited = { requests: number; cpuMs: number; lagMs: number }

/** `ratio`: the list to the looks. */
export type CrowdResult = { looks: Waited; list: Waited; ratio: Waited }

const jobs = 1_000
/** The most for which a client looks at each. */
const few = 19

export async function measureCrowd(): Promise<CrowdResult> {
  const wait = (together: number) => inChild<Waited>('cases/crowd.child.ts', { together, jobs })
  const [looks, list] = [await wait(few), await wait(jobs)]
  const each = (of: (field: keyof Waited) => number): Waited => {
    return { requests: of('requests'), cpuMs: of('cpuMs'), lagMs: of('lagMs') }
  }
  return {
    looks: each((field) => rounded(looks[field], 0)),
    list: each((field) => rounded(list[field], 0)),
    ratio: each((field) => rounded(list[field] / looks[field], 3)),
  }
}
