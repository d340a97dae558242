// Cold starts: the time until a client could pay, and until it has signed its first payment, in fresh processes.
import { inChild } from '../lib/child.ts'
import { compileSubjects } from '../lib/compile.ts'
import { inRounds } from '../lib/rounds.ts'
import { pairedRatio, rounded } from '../lib/stats.ts'
import { ofSubjects, type PerSubject, subjectNames } from '../lib/subject.ts'

type Measured = { readyMs: number; paidMs: number }

/** Ratios to importing `viem/accounts` and making the account, which is all that the bare subject needs. */
export type ColdResult = { ready: PerSubject; firstPayment: PerSubject }

export async function measureCold(rounds: number): Promise<ColdResult> {
  await compileSubjects()
  const start = (subject: string) => inChild<Measured>('.cache/js/cold.js', { subject })
  // The first start of each reads its files from the disk.
  await inRounds(subjectNames, 1, start)
  const measured = await inRounds(subjectNames, rounds, start)
  const ratio = (field: keyof Measured) =>
    ofSubjects((name) => {
      const base = measured.bare.map((round) => round[field])
      const own = measured[name].map((round) => round[field])
      return rounded(pairedRatio(own, base))
    })
  return { ready: ratio('readyMs'), firstPayment: ratio('paidMs') }
}
