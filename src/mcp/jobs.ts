// The tools that find what was paid for. None of them pays.
import type { Attempt, JobStatus, StableStudioClient } from '../index.ts'
import { isStableStudioError } from '../index.ts'
import { bounded, type Extra, report, type ToolCall } from './call.ts'
import { collect, paying, type Wanted, type Wish, working } from './collect.ts'
import { readName } from './names.ts'
import { boughtBy, type Paid } from './payments.ts'
import { Refusal } from './refusal.ts'
import { failed, type Result, said } from './results.ts'
import type { Runtime } from './runtime.ts'

export type GetJobArguments = {
  job_id: string
  wait_seconds?: number | undefined
  file_name?: string | undefined
  show?: boolean | undefined
}

const usualWaitSeconds = 20

/** What a call knows of its job, for the answer when its time is over. */
type Found = { wanted?: Wanted; attempt?: Attempt }

export async function getJob(runtime: Runtime, given: GetJobArguments, extra: Extra): Promise<Result> {
  const { waitMs } = runtime.settings
  const found: Found = {}
  const answer = bounded(
    { extra, waitMs, clientCapabilities: () => undefined },
    (call) => look(runtime, given, call, found),
    () => (found.wanted ? working(found.wanted) : found.attempt ? paying(found.attempt.id) : failed(slow())),
  ).catch((error: unknown) => (found.wanted && isPassing(error) ? working(found.wanted) : failed(error)))
  report(extra, undefined, answer).catch(() => {})
  return answer
}

/** The service did not answer: of a paid job that is no error, it only takes longer. */
function isPassing(error: unknown): boolean {
  return isStableStudioError(error) && (error.code === 'timeout' || error.code === 'network_error')
}

async function look(
  runtime: Runtime,
  { job_id, wait_seconds = usualWaitSeconds, file_name, show = false }: GetJobArguments,
  call: ToolCall,
  found: Found,
): Promise<Result> {
  const { settings, saver } = runtime
  const wish: Wish = { name: readName(file_name), show }
  const wanted = await find(runtime, job_id, call, found)
  // What is saved needs no service, and may be gone from there.
  if (await saver.find(wanted.id)) return collect(runtime, call, wanted, { wish, waitMs: 0 })
  const status = await settings.client.jobs.get(wanted.id, { timeout: Math.max(1, call.left()) })
  found.wanted = wanted
  if (isWorking(status) && wait_seconds === 0) return working(wanted)
  const waitMs = isWorking(status) ? Math.min(wait_seconds * 1000, call.left()) : call.left()
  return collect(runtime, call, wanted, { wish, waitMs, seen: status.output })
}

/** A job by its own id or by that of the attempt that paid for it. */
async function find(runtime: Runtime, id: string, call: ToolCall, found: Found): Promise<Wanted> {
  const { client } = runtime.settings
  const attempt = await client.payment(id)
  if (attempt) {
    found.attempt = attempt
    found.wanted = await paidBy(runtime, attempt, call)
    return found.wanted
  }
  const wanted: Wanted = { job: id, id, ...(await ledgerOf(client, id)) }
  // Only what this ledger paid for is known to be a job at all.
  if (wanted.usd !== undefined) found.wanted = wanted
  return wanted
}

const isWorking = ({ status, output }: JobStatus) => !output && status !== 'failed'

async function paidBy({ payments }: Runtime, attempt: Attempt, call: ToolCall): Promise<Paid> {
  const paid = await (payments.running(attempt.idempotencyKey) ?? payments.settled(attempt, call))
  if (paid) return paid
  throw new Refusal(
    'not_charged',
    `Nothing was charged for ${attempt.id}: it has no job.`,
    'Call generate with the same arguments, if the user still wants it.',
  )
}

/** What the ledger knows of a job. */
async function ledgerOf(client: StableStudioClient, jobId: string): Promise<Partial<Paid>> {
  const attempt = await client.payment({ jobId })
  return attempt ? boughtBy(attempt) : {}
}

function slow(): Refusal {
  return new Refusal(
    'timeout',
    'The service did not answer in time. This tool pays nothing.',
    'Call get_job again.',
  )
}

const usualCount = 10

/** The ledger, newest first, after what is open was settled as far as that can be known. */
export async function listJobs(
  runtime: Runtime,
  { limit = usualCount }: { limit?: number | undefined },
  extra: Extra,
): Promise<Result> {
  const { settings, saver } = runtime
  const { client, waitMs } = settings
  const work = async () => {
    const recovered = client.recover({ timeout: Math.round(waitMs / 2) })
    const open = await recovered.then(
      () => undefined,
      (error: unknown) =>
        isStableStudioError(error) && error.code === 'wallet_missing' ? undefined : failed(error),
    )
    if (open) return open
    const last: Attempt[] = []
    for await (const attempt of client.payments()) {
      last.push(attempt)
      if (last.length > limit) last.shift()
    }
    const rows = last.reverse().map(async ({ id, jobId, operation, usd, state, createdAt }) => ({
      attempt_id: id,
      job_id: jobId,
      operation,
      usd,
      state,
      charged: chargedBy(state),
      created_at: createdAt,
      file: jobId && (await saver.find(jobId))?.file,
    }))
    return said({ jobs: await Promise.all(rows) })
  }
  return bounded({ extra, waitMs, clientCapabilities: () => undefined }, work, () => failed(slow())).catch(
    failed,
  )
}

function chargedBy(state: Attempt['state']): 'no' | 'yes' | 'unknown' {
  if (state === 'settled') return 'yes'
  return state === 'released' || state === 'rejected' ? 'no' : 'unknown'
}
