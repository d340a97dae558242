// Loads one subject and nothing of the others.
import type { Generate, Setup, SubjectName } from './subject.ts'

export async function loadSubject(name: SubjectName): Promise<(setup: Setup) => Generate> {
  const { create } = (await import(`../subjects/${name}.ts`)) as { create: (setup: Setup) => Generate }
  return create
}
