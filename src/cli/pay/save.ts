// From an output to a file: never over one that is there, unless `--force` says so.
import { saveTo } from '../../entries/node.ts'
import { type Job, type Output, OutputError } from '../../index.ts'
import type { Destination } from './destination.ts'

/** @throws {OutputError} with the job, so that it can be saved elsewhere. */
export async function save(
  output: Output,
  { path, overwrite, isFolder }: Destination,
  { signal, job }: { signal?: AbortSignal; job?: Job | undefined },
): Promise<string> {
  try {
    // In a folder the file has the name of its job: what is there of it is the same picture.
    return await saveTo(output, path, { overwrite: overwrite || isFolder, ...(signal && { signal }) })
  } catch (error) {
    if (!(error instanceof OutputError) || error.job || !job) throw error
    const { shortMessage, code, details, hint, cause, requestId } = error
    throw new OutputError(shortMessage, {
      code,
      details,
      hint,
      cause,
      requestId,
      attemptId: job.attemptId,
      job,
    })
  }
}
