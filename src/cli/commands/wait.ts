// `wait`: goes on waiting for a paid job, and saves what it made.
import { readFile, stat } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { InvalidInputError, isStableStudioError, type Job } from '../../index.ts'
import { isRecord } from '../../internal/json.ts'
import { exits } from '../exit-codes.ts'
import type { Flags } from '../flags.ts'
import { cannotRead } from '../orders/files.ts'
import { openDestination } from '../pay/destination.ts'
import { save } from '../pay/save.ts'
import { createStop } from '../pay/stop.ts'
import { requireAccount, type Session, withSession } from '../session.ts'
import { showPreview } from '../terminal/preview.ts'
import { createProgress } from '../terminal/progress.ts'

export async function wait(given: string, flags: Flags): Promise<number> {
  const job = await readJob(given)
  return withSession(flags, async (session) => {
    const destination = await openDestination(flags.output ?? session.config.output, flags)
    const account = await requireAccount(session)
    const stop = createStop(session.ui)
    const id = typeof job === 'string' ? job : job.id
    stop.paid(id)
    try {
      await account.unlock(stop.signal)
      const output = await waiting(session, job, flags, stop.signal)
      const known = typeof job === 'string' ? await jobOf(session, id) : job
      const file = await save(output, destination, { signal: stop.signal, job: known })
      stop.saved(id)
      const receipt = output.receipt ?? known?.receipt
      const { url, expiresAt } = output
      const paid = { usd: receipt?.usd, attemptId: known?.attemptId, receipt }
      if (flags.json) session.ui.json({ file, jobId: id, ...paid, url, expiresAt })
      else session.ui.path(file)
      if (flags.preview !== false) await showPreview(session.ui, file, output)
      return exits.done
    } catch (error) {
      return tooEarly(session, id, error, flags)
    } finally {
      stop.end()
    }
  })
}

async function waiting({ studio, ui }: Session, job: Job | string, flags: Flags, signal: AbortSignal) {
  const progress = createProgress(ui, 1)
  const options = { signal, timeout: flags.timeout, onProgress: progress.update.bind(undefined, 0) }
  try {
    return await studio.wait(job as Job, options)
  } finally {
    progress.end()
  }
}

/** What ends a wait before the job is known to be done; the wallet signs in for each look. */
const early = ['aborted', 'timeout', 'job_timeout', 'wallet_timeout']

/** A job whose wait ends early is as paid as before, whether or not this ledger knows it. */
function tooEarly({ ui }: Session, id: string, error: unknown, flags: Flags): number {
  if (!isStableStudioError(error) || !early.includes(error.code)) throw error
  if (flags.json) ui.json({ error: error.toJSON() })
  ui.warn(error.shortMessage)
  ui.warn(`stablestudio wait ${id}`)
  return exits.notFinished
}

/** What the ledger knows of a job, for its receipt. */
async function jobOf({ studio }: Session, id: string): Promise<Job | undefined> {
  const attempt = await studio.payment({ jobId: id })
  if (!attempt?.receipt) return undefined
  const { receipt, operation, createdAt, id: attemptId } = attempt
  return { id, operation, createdAt, attemptId, receipt, pollUrl: '' }
}

/** An id, the file of a job, or either of them on stdin. */
async function readJob(given: string): Promise<Job | string> {
  const isFile = given !== '-' && (await stat(given).catch(() => undefined))?.isFile() === true
  if (given !== '-' && !isFile) return given
  const content = await (given === '-' ? text(process.stdin) : readFile(given, 'utf8')).catch((cause) => {
    throw cannotRead(given, cause)
  })
  const trimmed = content.trim()
  if (/^[\w-]+$/.test(trimmed)) return trimmed
  try {
    const value: unknown = JSON.parse(trimmed)
    if (isRecord(value) && typeof value.id === 'string' && isRecord(value.receipt)) return value as Job
    const id = isRecord(value) ? (value.id ?? value.jobId) : value
    if (typeof id === 'string') return id
  } catch {}
  throw new InvalidInputError('This is no job.', {
    details: `${given === '-' ? 'Stdin' : given} must hold the id of a job, or what \`--no-wait --json\` prints.`,
    hint: 'Nothing was paid.',
  })
}
