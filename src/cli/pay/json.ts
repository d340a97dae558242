// What programs read: the JSON of a generation.
import { isStableStudioError, type Job, type Output } from '../../index.ts'
import { clean } from '../terminal/text.ts'

export type Bought = { job: Job; output?: Output; file?: string }

export function jsonOf({ job, output, file }: Bought, asJob: boolean): unknown {
  if (asJob || !output) return job
  const { url, expiresAt, receipt = job.receipt } = output
  return { file, jobId: job.id, usd: job.receipt.usd, url, expiresAt, attemptId: job.attemptId, receipt }
}

export function jsonOfError(error: unknown): unknown {
  return {
    error: isStableStudioError(error)
      ? error.toJSON()
      : { name: 'Error', code: 'internal', shortMessage: clean(error) },
  }
}
