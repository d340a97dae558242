// Memory of waiting jobs and delays of the event loop, each subject in processes of its own.
import { inChild } from '../lib/child.ts'
import { inRounds } from '../lib/rounds.ts'
import { median, pairedRatio, rounded } from '../lib/stats.ts'
import { ofSubjects, type PerSubject, pollEveryMs, type SubjectName, subjectNames } from '../lib/subject.ts'

type Measured = { heapPerJob: number; rss: number; delayP99: number }

export type MemoryResult = {
  /** kB of heap for each waiting job. */
  heapKbPerJob: PerSubject
  /** Resident memory, as a ratio to the bare loop's: of jobs started one after the other, and all at once. */
  rss: PerSubject
  rssAtOnce: PerSubject
  /** The 99th percentile of the event loop's delay, as a ratio to the bare loop's. */
  delayP99: PerSubject
}

export async function measureMemory(rounds: number): Promise<MemoryResult> {
  const run = (startMs: number) =>
    inRounds(subjectNames, rounds, (subject) =>
      inChild<Measured>('cases/memory.child.ts', { subject, startMs }, ['--expose-gc']),
    )
  const measured = await run(pollEveryMs)
  return {
    heapKbPerJob: ofSubjects((name) => rounded(median(values(measured[name], 'heapPerJob')) / 1000, 1)),
    rss: ratios(measured, 'rss'),
    rssAtOnce: ratios(await run(0), 'rss'),
    delayP99: ratios(measured, 'delayP99'),
  }
}

function ratios(measured: Record<SubjectName, Measured[]>, field: keyof Measured): PerSubject {
  return ofSubjects((name) =>
    rounded(pairedRatio(values(measured[name], field), values(measured.bare, field))),
  )
}

function values(rounds: readonly Measured[], field: keyof Measured): number[] {
  return rounds.map((round) => round[field])
}
