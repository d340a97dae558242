// CPU of a whole generation with three polls, with a real key and with signatures that cost nothing.
import type { SignerName } from '../lib/account.ts'
import { inChild } from '../lib/child.ts'
import { inRounds } from '../lib/rounds.ts'
import { pairedRatio, rounded } from '../lib/stats.ts'
import { ofSubjects, type PerSubject, subjectNames } from '../lib/subject.ts'

/** Ratios to the bare limit. */
export type CpuResult = Record<SignerName, PerSubject>

const sizes: Record<SignerName, { warmUp: number; count: number }> = {
  real: { warmUp: 60, count: 150 },
  stub: { warmUp: 150, count: 500 },
}

export async function measureCpu(rounds: number): Promise<CpuResult> {
  return { real: await compare('real', rounds), stub: await compare('stub', rounds) }
}

async function compare(signer: SignerName, rounds: number): Promise<PerSubject> {
  const measured = await inRounds(subjectNames, rounds, (subject) =>
    inChild<{ microseconds: number }>('cases/cpu.child.ts', { subject, signer, ...sizes[signer] }),
  )
  const times = ofSubjects((name) => measured[name].map(({ microseconds }) => microseconds))
  return ofSubjects((name) => rounded(pairedRatio(times[name], times.bare)))
}
