// Round trips and signatures, counted on the real sandbox over HTTP.
import { inChild } from '../lib/child.ts'
import { ofSubjects, type SubjectName, subjectNames } from '../lib/subject.ts'

type Measured = { toPay: number; perPoll: number; paymentSignatures: number; signaturesPerPoll: number }

export type TripsResult = Record<SubjectName, Measured>

export async function measureTrips(): Promise<TripsResult> {
  const found = new Map<SubjectName, Measured>()
  for (const subject of subjectNames) found.set(subject, await inChild('cases/trips.child.ts', { subject }))
  return ofSubjects((name) => found.get(name) as Measured)
}
