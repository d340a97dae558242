// The options of calls that read and settle, and what progress tells. Checked by `tsc`; never run.
import type {
  Job,
  JobOptions,
  ListOptions,
  Progress,
  RecoverOptions,
  Recovery,
  StableStudioClient,
} from 'stablestudio'

export async function recovering(studio: StableStudioClient, signal: AbortSignal) {
  const all: Recovery[] = await studio.recover()
  await studio.recover({})
  const [one]: Recovery[] = await studio.recover({ signal, timeout: 60_000, attemptId: 'att_1' })
  const options: RecoverOptions = { signal: undefined, timeout: undefined, attemptId: undefined }
  await studio.recover(options)
  // @ts-expect-error ms are a number
  await studio.recover({ timeout: '60s' })
  // @ts-expect-error recover never pays
  await studio.recover({ maxPrice: '1' })
  // @ts-expect-error an id, not the attempt
  await studio.recover({ attemptId: all[0]?.attempt })
  const job: Job | undefined = one?.job
  const outcome = one?.outcome
  switch (outcome) {
    case 'job-found':
    case 'replayed':
    case 'released':
    case 'written-off':
    case 'still-open':
    case undefined:
      return job
    default:
      return outcome satisfies never
  }
}

export async function jobs({ jobs }: StableStudioClient, signal: AbortSignal) {
  const status = await jobs.get('cjob1', { signal, timeout: 30_000 })
  const options: JobOptions = { signal: undefined, timeout: undefined }
  await jobs.get('cjob1', options)
  await jobs.delete('cjob1', { signal, timeout: 30_000 })
  const list: ListOptions = { status: 'complete', limit: 20, signal }
  for await (const job of jobs.list(list)) job.output?.url satisfies string | undefined
  // @ts-expect-error looking moves no money
  await jobs.get('cjob1', { maxPrice: '1' })
  // @ts-expect-error by its id
  await jobs.get({ id: 'cjob1' })
  // @ts-expect-error nothing is left of it
  const gone: string = await jobs.delete('cjob1')
  return { status: status.status satisfies string, gone }
}

export function told(progress: Progress): string {
  const { phase, status, progress: percent, elapsedMs, expectedMs, nextPollInMs } = progress
  const next: number | undefined = nextPollInMs
  // @ts-expect-error only while a job is waited for
  const certain: number = nextPollInMs
  // @ts-expect-error not a phase
  if (phase === 'submit') return ''
  return [phase, status, percent, elapsedMs.toFixed(), expectedMs?.toFixed(), next, certain].join()
}
