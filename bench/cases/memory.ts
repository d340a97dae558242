// Memory of waiting jobs and delays of the event loop, each subject in processes of its own.
import { inChild } from '../lib/child.ts'
import { inRounds } from '../lib/rounds.ts'
import { median, pairedRatio, rounded } from '../lib/stats.ts'
import { ofSubjects, type PerSubject, subjectNames } from '../lib/subject.ts'

type Measured = { heapPerJob: number; rss: number; delayP99: number }

export type MemoryResult = {
  /** kB of heap for each waiting job. */
  heapKbPerJob: PerSubject
  /** Resident memory, as a ratio to the bare loop's. */
  rss: PerSubject
  /** The 99th percentile of the event loop's delay, as a ratio to the bare loop's. */
  delayP99: PerSubject
}

export async function measureMemory(rounds: number): Promise<MemoryResult> {
  const measured = await inRounds(subjectNames, rounds, (subject) =>
    inChild<Measured>('cases/memory.child.ts', { subject }, ['--expose-gc']),
  )
  const ratio = (field: keyof Measured) =>
    ofSubjects((name) => rounded(pairedRatio(values(measured[name], field), values(measured.bare, field))))
  return {
    heapKbPerJob: ofSubjects((name) => rounded(median(values(measured[name], 'heapPerJob')) / 1000, 1)),
    rss: ratio('rss'),
    delayP99: ratio('delayP99'),
  }
}

function values(rounds: readonly Measured[], field: keyof Measured): number[] {
  return rounds.map((round) => round[field])
}
