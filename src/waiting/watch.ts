// Paces the polls of one job: the schedule, the cap on requests, a person's prompts, and pauses after bad answers.

import type { Call } from '../call.ts'
import { timingOf } from '../catalogue/operations.ts'
import type { Context } from '../context.ts'
import type { HttpResult } from '../internal/http.ts'
import { isRecord, own, ownString } from '../internal/json.ts'
import { whenVisible } from '../internal/page.ts'
import { readTime } from '../internal/time.ts'
import { fetchJob, jobPath, type RawJob } from '../service/jobs.ts'
import { proverOf, type Turn } from '../service/sign-in.ts'
import { type Target, throwIfEnded } from './errors.ts'
import {
  freeIn,
  nextLookIn,
  nextPromptIn,
  nothingSent,
  type Pace,
  type Sent,
  takesChallenges,
} from './pace/schedule.ts'
import { retryAfter } from './retry-after.ts'

type Seen = { status: string; progress: number | undefined; elapsedMs: number }

/** The state of one wait. Plain data, since there may be thousands at once. */
export type Watch = Turn & {
  readonly context: Context
  readonly target: Target
  readonly call: Call
  /** The most proofs that a person should be asked for. */
  readonly budget: number
  pace: Pace
  looks: number
  /** Answers without the job. */
  misses: number
  /** Failed polls in a row. */
  failures: number
  /** Polls that showed the job complete, but without a result. */
  emptyLooks: number
  /** After a failure, no poll before this local time. */
  retryAt: number
  last: Seen | undefined
  sent: Sent
  /** The job as the list shows it, until the wait has taken it. */
  shown: RawJob | undefined
  /** The list stands for looks before this local time. */
  notBefore: number
  /** Ends the pause: the list has news. */
  wake: (() => void) | undefined
}

/** Time reserved for a last poll when the call would end before the next one is due. A person needs longer. */
const lastLookMs = { own: 2_000, prompted: 30_000 }

/**
 * A new job may not be readable yet. A person, prompted for each poll, is asked late enough to need fewer; and an id
 * that this client has not paid for is more likely wrong than new.
 */
const toleratedMisses = { paid: 5, other: 1 }
/** How soon a bare id that was not found is looked up once more. */
const secondLookMs = 2_000
/** The service writes the status and the result separately. */
const toleratedEmptyLooks = 4

export function createWatch(context: Context, target: Target, call: Call): Watch {
  const pace = paceOf(target, call)
  return {
    context,
    target,
    call,
    budget: (call.promptBudget ?? context.promptBudget) - 1,
    pace,
    looks: 0,
    misses: 0,
    failures: 0,
    emptyLooks: 0,
    retryAt: 0,
    last: undefined,
    sent: nothingSent,
    shown: undefined,
    notBefore: 0,
    wake: undefined,
    proofs: 0,
    announced: false,
    challenged: prompts(context) && takesChallenges(pace),
    held: undefined,
    untilFree,
    noteSent,
  }
}

/** Waits until the next poll is due, the list shows the job, or the call is aborted. */
export async function pause(watch: Watch): Promise<void> {
  const { call, last } = watch
  for (;;) {
    const ms = pauseFor(watch, Date.now())
    call.report({
      phase: 'poll',
      nextPollInMs: ms,
      ...(last && { status: last.status }),
      ...(last?.progress !== undefined && { progress: last.progress }),
    })
    if (asks(watch)) return pauseForPerson(watch, ms)
    const woken = await rest(watch, ms)
    if (!isPutOff(watch, woken)) return
  }
}

/** Whether the next poll is still to come, because the list stands for this one or has ended the pause too early. */
function isPutOff(watch: Watch, woken: boolean): boolean {
  const { shown, call } = watch
  if (shown || call.deadline.signal?.aborted || call.deadline.passed()) return false
  const now = Date.now()
  return (woken || putOffFor(watch, now) > 0) && pauseFor(watch, now) > 0
}

async function pauseForPerson(watch: Watch, ms: number): Promise<void> {
  const { context, target, call } = watch
  if (!watch.announced) {
    watch.announced = true
    const at = new Date(Date.now() + ms).toISOString()
    context.events.emit('signin.needed', () => ({ path: jobPath(target.id), prompts: true, at }))
  }
  await call.deadline.rest(ms)
  // Do not pile up prompts while the page is hidden.
  await whenVisible(call.deadline.left(), call.deadline.signal)
}

/** How long the list stands for looks. Further ahead than it ever does means that the clock was set back. */
function putOffFor({ notBefore, pace }: Watch, now: number): number {
  const ms = notBefore - now
  return ms > 0 && ms <= pace.publishedMs ? ms : 0
}

/** The list stands for the look at this time, so the next one is due half an interval later. */
export function putOff(watch: Watch, time: number): void {
  watch.notBefore = time + watch.pace.publishedMs / 2
}

/** Back to single looks, each when it is due. */
export function release(watches: Iterable<Watch>): void {
  for (const watch of watches) {
    watch.notBefore = 0
    watch.wake?.()
  }
}

export function look(watch: Watch): Promise<HttpResult> {
  const { context, target, call } = watch
  watch.looks += 1
  return fetchJob(context, target.id, call.deadline, watch)
}

export function noteJob(watch: Watch, job: RawJob): void {
  const { context, target, call } = watch
  noteAnswer(watch)
  const now = Date.now()
  if (target.operation === undefined) adopt(context, target, job, now)
  if (!call.knowsInput) readTiming(target, call, job)
  const elapsedMs = now - target.createdAt
  watch.pace = paceOf(target, call)
  watch.last = { status: job.status, progress: progressIn(job), elapsedMs }
}

/** Whether the wait would learn nothing from a job that is still at work, and its last look is not near. */
export function mayRest({ last, failures, call, pace }: Watch, job: RawJob): boolean {
  const isKnown = last?.status === job.status && last.progress === progressIn(job)
  const isLate = call.deadline.left() <= pace.publishedMs + lastLookMs.own
  return isKnown && failures === 0 && call.knowsInput && !isLate
}

function progressIn({ progress }: RawJob): number | undefined {
  return typeof progress === 'number' ? progress : undefined
}

/** An answer said that there is no such job. Returns whether another poll may find it. */
export function noteMiss(watch: Watch, paid: boolean): boolean {
  noteAnswer(watch)
  watch.misses += 1
  return watch.misses <= toleratedMisses[paid && !prompts(watch.context) ? 'paid' : 'other']
}

function noteAnswer(watch: Watch): void {
  watch.failures = 0
  watch.held = undefined
}

/** The job is complete, but has no result yet. Returns whether another poll may show it. */
export function noteNoResult(watch: Watch): boolean {
  watch.emptyLooks += 1
  return watch.emptyLooks <= (prompts(watch.context) ? 1 : toleratedEmptyLooks)
}

export function noteFailure(watch: Watch, result: HttpResult): void {
  // The held proof was refused. Only a new one helps, and it is requested when it is due.
  if (result.kind === 'answer' && result.status === 402) {
    noteAnswer(watch)
    return
  }
  const { context, pace } = watch
  watch.failures += 1
  const patience = (pace.publishedMs / 2) * 2 ** Math.min(watch.failures - 1, 2)
  const jitter = 1 + context.random() / 2
  const asked = retryAfter(context, result) + patience * (jitter - 1)
  watch.retryAt = Date.now() + Math.max(patience * jitter, asked)
}

function prompts({ payer }: Context): boolean {
  return payer?.prompts === true
}

/** Whether the next poll prompts a person. A held proof is sent without a prompt. */
function asks({ context, held }: Watch): boolean {
  return prompts(context) && held === undefined
}

async function untilFree(this: Watch): Promise<void> {
  const { pace, sent, target, call } = this
  const ms = freeIn(pace, sent, Date.now())
  if (ms > 0) await call.deadline.rest(Math.min(ms, call.deadline.left()))
  throwIfEnded(target, call)
}

function noteSent(this: Watch): void {
  this.sent = [this.sent[1], Date.now()]
}

/** Resolves to whether the list has ended the pause. Leaves no timer behind. */
async function rest(watch: Watch, ms: number): Promise<boolean> {
  const { deadline } = watch.call
  const pause = Math.min(ms, deadline.left())
  if (deadline.instant) await deadline.rest(pause)
  if (deadline.instant || deadline.signal?.aborted) return false
  return new Promise((resolve) => {
    const end = (woken: boolean) => {
      clearTimeout(timer)
      deadline.signal?.removeEventListener('abort', stop)
      watch.wake = undefined
      resolve(woken)
    }
    const stop = () => end(false)
    const timer = setTimeout(stop, pause)
    deadline.signal?.addEventListener('abort', stop, { once: true })
    watch.wake = () => end(true)
  })
}

/** A call that ends before the next poll is due still polls once at the end, except after a failure. */
function pauseFor(watch: Watch, now: number): number {
  const { context, call, pace, looks, failures } = watch
  const { deadline } = call
  const ms = pauseNow(watch, now)
  const lastPause = deadline.left() - (prompts(context) ? lastLookMs.prompted : lastLookMs.own)
  if (ms < deadline.left() || failures > 0) return ms
  if (looks === 0) return Math.max(0, lastPause)
  return prompts(context) && lastPause > pace.typicalMs / 2 ? lastPause : ms
}

function pauseNow(watch: Watch, now: number): number {
  const { context, target, budget, pace, sent, looks, proofs, failures, retryAt, last } = watch
  const elapsedMs = now - target.createdAt
  if (failures > 0) return Math.max(retryAt - now, freeIn(pace, sent, now))
  if (prompts(context)) {
    return nextPromptIn(pace, { proofs, budget, progress: last?.progress }, elapsedMs)
  }
  // The jobs of an instant sandbox are done, and nothing is known about a bare id: poll at once.
  if (looks === 0 && (target.operation === undefined || context.instant)) return putOffFor(watch, now)
  if (target.operation === undefined)
    return Math.max(secondLookMs, freeIn(pace, sent, now), putOffFor(watch, now))
  const signs = context.wallet ?? proverOf(context)?.signer
  const requests = signs && context.signIn.ownProofs ? 1 : 2
  return Math.max(nextLookIn(pace, { sent, looks, requests }, now, elapsedMs), putOffFor(watch, now))
}

/** Fills in a target known only by its id. The service's clock may differ from this one. */
function adopt(context: Context, target: Target, job: RawJob, now: number): void {
  target.operation = ownString(job, 'type')?.replace(/-(?=[^-]+$)/, '/') ?? ''
  const createdAt = readTime(job.createdAt) - context.clock.skew()
  if (createdAt < now) target.createdAt = createdAt
}

/** The job's input tells how long it takes. */
function readTiming({ operation = '' }: Target, call: Call, job: RawJob): void {
  const input = own(job, 'input')
  call.knowsInput = isRecord(input)
  call.expectedMs = timingOf(operation, input).typicalSeconds * 1000
}

function paceOf({ operation = '' }: Target, { expectedMs }: Call): Pace {
  return { typicalMs: expectedMs, publishedMs: timingOf(operation).pollSeconds * 1000 }
}
