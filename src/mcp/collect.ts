// From a paid job to a saved file, or to the word that it is still being made. Moves no money.
import { isStableStudioError, type Output, operations } from '../index.ts'
import type { ToolCall } from './call.ts'
import type { Paid } from './payments.ts'
import { type Picture, pictureOf } from './picture.ts'
import { failed, type Result, said } from './results.ts'
import type { Runtime } from './runtime.ts'
import type { Saved } from './save.ts'

/** How a file is to be called, and whether the answer shows it. */
export type Wish = { name: string | undefined; show: boolean }

/** What is known of a job to wait for. */
export type Wanted = Pick<Paid, 'job' | 'id'> & Partial<Pick<Paid, 'usd' | 'operation'>>

/**
 * @param waitMs at most so long.
 * @param seen its output, if it was looked at before.
 */
export async function collect(
  { settings, saver }: Runtime,
  call: ToolCall,
  wanted: Wanted,
  { wish, waitMs, seen }: { wish: Wish; waitMs: number; seen?: Output | undefined },
): Promise<Result> {
  const { client } = settings
  const known = await saver.find(wanted.id)
  if (known) return done(wanted, known, wish)
  try {
    const wait = { signal: call.signal, timeout: Math.max(1, waitMs) }
    const output = seen ?? (await client.wait(wanted.job as string, wait))
    return done(wanted, await saver.save(output, wish.name), wish)
  } catch (error) {
    if (isStableStudioError(error) && error.code === 'job_timeout') return working(wanted)
    return failed(error, { job_id: wanted.id })
  }
}

async function done({ id, usd }: Wanted, saved: Saved, { show }: Wish): Promise<Result> {
  const picture: Picture = show ? await pictureOf(saved.file, saved.media_type) : { blocks: [] }
  const { usd: paid = usd, uploads_usd, ...where } = saved
  return said(
    { status: 'done', job_id: id, usd: paid, uploads_usd, ...where, note: picture.note },
    ...picture.blocks,
  )
}

/** Paid, and not an error: the agent asks again. */
export function working({ id, usd, operation }: Wanted): Result {
  return said({
    status: 'working',
    job_id: id,
    operation,
    usd,
    paid: true,
    ask_again_in_seconds: Math.min(60, Math.max(5, Math.round((typicalSeconds(operation) ?? 30) / 3))),
    next: 'get_job',
  })
}

/** The payment is on its way or undecided: never an error, since an agent pays again after one. */
export function paying(attemptId: string | undefined): Result {
  return said({
    status: 'paying',
    attempt_id: attemptId,
    paid: 'unknown',
    ask_again_in_seconds: 15,
    next:
      attemptId === undefined ? 'generate with exactly the same arguments' : 'get_job with the attempt_id',
  })
}

export function typicalSeconds(operation: string | undefined): number | undefined {
  return operations().find(({ id }) => id === operation)?.typicalSeconds
}
