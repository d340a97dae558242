// Paces the looks at one job: the schedule, the cap on requests, a person's prompts, and pauses after bad answers.
import type { Context } from '../context.ts'
import type { HttpResult } from '../internal/http.ts'
import { ownString } from '../internal/json.ts'
import { whenVisible } from '../internal/page.ts'
import { sleep } from '../internal/time.ts'
import type { Job } from '../types.ts'
import type { Call } from './call.ts'
import { isFar, learn, paceOf } from './history.ts'
import { fetchJob, jobPath, type RawJob, standingOf } from './jobs.ts'
import { freeIn, nextLookIn, nextPromptIn, nothingSent, takesChallenges } from './schedule.ts'
import type { Turn } from './sign-in.ts'

/** What is waited for: a paid job, or only its id. Times are local ms. */
export type Target = { id: string; job?: Job | undefined; operation?: string | undefined; createdAt: number }

type Seen = { status: string; progress: number | undefined; elapsedMs: number }

export type Watch = {
  /** Pauses for as long as it should, then looks at the job once. */
  look(): Promise<HttpResult>
  /** The look showed the job. */
  saw(job: RawJob): void
  /** The look found no job, by a clear answer. */
  missed(): void
  /** The look got no answer that says anything of the job. */
  failed(result: HttpResult): void
}

/** What a look may take at the end of a call that ends before it would be due; a person needs longer. */
const lastLookMs = { own: 2_000, prompted: 30_000 }

/** @param throwIfEnded ends the wait when its call has been aborted or has run out of time. */
export function createWatch(context: Context, target: Target, call: Call, throwIfEnded: () => void): Watch {
  const { deadline } = call
  const prompts = context.payer?.prompts === true
  const budget = (call.promptBudget ?? context.promptBudget) - 1
  let pace = paceOf(context.history, target.operation ?? '')
  let sent = nothingSent
  let looks = 0
  let failures = 0
  let retryAt = 0
  let last: Seen | undefined

  const turn: Turn = {
    proofs: 0,
    announced: false,
    challenged: prompts && takesChallenges(pace),
    async ready() {
      const pause = freeIn(pace, sent, Date.now())
      if (pause > 0) await rest(pause)
    },
    sent() {
      sent = [sent[1], Date.now()]
    },
  }

  async function rest(ms: number): Promise<void> {
    await sleep(Math.min(ms, deadline.left()), deadline.signal).catch(() => {})
    throwIfEnded()
  }

  function pauseNow(now: number): number {
    const elapsedMs = now - target.createdAt
    if (failures > 0) return Math.max(retryAt - now, freeIn(pace, sent, now))
    if (prompts)
      return nextPromptIn(pace, { proofs: turn.proofs, budget, progress: last?.progress }, elapsedMs)
    // Of a bare id nothing is known: look at once.
    if (looks === 0 && target.operation === undefined) return 0
    const requests = context.wallet && context.signIn.ownProofs ? 1 : 2
    const far = last && isFar(context.history, target.operation ?? '', last.progress ?? 0, elapsedMs)
    return nextLookIn(pace, { sent, looks, requests, far }, now, elapsedMs)
  }

  /** A call that ends before a look would be due looks once all the same; not while it is asked for patience. */
  function pauseFor(now: number): number {
    const pause = pauseNow(now)
    const lastPause = deadline.left() - (prompts ? lastLookMs.prompted : lastLookMs.own)
    if (pause < deadline.left() || failures > 0) return pause
    if (looks === 0) return Math.max(0, lastPause)
    return prompts && lastPause > pace.typicalMs / 2 ? lastPause : pause
  }

  async function look(): Promise<HttpResult> {
    throwIfEnded()
    const pause = pauseFor(Date.now())
    const at = new Date(Date.now() + pause).toISOString()
    call.report({
      phase: 'wait',
      nextPollAt: at,
      ...(last && { status: last.status }),
      ...(last?.progress !== undefined && { progress: last.progress }),
    })
    const asks = prompts && turn.held === undefined
    if (asks && !turn.announced) {
      turn.announced = true
      context.events.emit('signin.needed', { path: jobPath(target.id), prompts, at })
    }
    await rest(pause)
    // A person who looks elsewhere would only find a pile of prompts.
    if (asks) await whenVisible(deadline.left(), deadline.signal)
    throwIfEnded()
    looks += 1
    return fetchJob(context, target.id, deadline, turn)
  }

  function answered(): void {
    failures = 0
    turn.held = undefined
  }

  return {
    look,
    saw(job) {
      answered()
      const now = Date.now()
      if (target.operation === undefined) adopt(context, target, job, now)
      const elapsedMs = now - target.createdAt
      pace = paceOf(context.history, target.operation ?? '')
      if (standingOf(job.status) === 'complete') remember(context, target, job, elapsedMs, prompts, last)
      const progress = typeof job.progress === 'number' ? job.progress : undefined
      last = { status: job.status, progress, elapsedMs }
    },
    missed: answered,
    failed(result) {
      // Whatever refused a held proof: only a new one can help, and that is asked for when its time has come.
      if (result.kind === 'answer' && result.status === 402) return answered()
      failures += 1
      const patience = (pace.publishedMs / 2) * 2 ** Math.min(failures - 1, 2)
      const jitter = 1 + context.random() / 2
      retryAt =
        Date.now() + Math.max(patience * jitter, retryAfter(context, result) + patience * (jitter - 1))
    },
  }
}

/** What is learned of a job that was known by its id alone. The service's clock may differ from this one. */
function adopt(context: Context, target: Target, job: RawJob, now: number): void {
  target.operation = ownString(job, 'type')?.replace(/-(?=[^-]+$)/, '/') ?? ''
  const createdAt = Date.parse(ownString(job, 'createdAt') ?? '') - context.clock.skew()
  if (createdAt < now) target.createdAt = createdAt
}

/** A job's duration by the service's word, where that fits what was seen; else it ended between two looks. */
function remember(
  { history }: Context,
  { operation }: Target,
  job: RawJob,
  elapsedMs: number,
  prompts: boolean,
  last: Seen | undefined,
): void {
  const [from, to] = [job.createdAt, job.updatedAt].map((time) => Date.parse(String(time))) as [
    number,
    number,
  ]
  const least = last?.elapsedMs ?? 0
  const isPlausible = to - from > least - clockToleranceMs && to - from < elapsedMs + clockToleranceMs
  const tookMs = isPlausible ? to - from : last && (least + elapsedMs) / 2
  if (operation && tookMs && tookMs > 0) {
    // Two looks of a person lie too far apart to tell whether a progress was true.
    learn(history, operation, tookMs, prompts ? undefined : last?.progress)
  }
}

const clockToleranceMs = 2_000

/** `Retry-After`, in seconds or as a date on the service's clock. */
function retryAfter({ clock }: Context, result: HttpResult): number {
  const header = result.kind === 'answer' ? result.headers.get('retry-after') : null
  if (!header) return 0
  const ms =
    /^\s*\d/.test(header) && Number.isFinite(Number(header))
      ? Number(header) * 1000
      : Date.parse(header) - clock.now()
  return ms > 0 ? ms : 0
}
