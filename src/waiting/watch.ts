// Paces the polls of one job: the schedule, the cap on requests, a person's prompts, and pauses after bad answers.

import type { Call } from '../call.ts'
import { timingOf } from '../catalogue/operations.ts'
import type { Context } from '../context.ts'
import type { HttpResult } from '../internal/http.ts'
import { isRecord, own, ownString } from '../internal/json.ts'
import { whenVisible } from '../internal/page.ts'
import { type Deadline, nap, readTime } from '../internal/time.ts'
import { fetchJob, jobPath, type RawJob } from '../service/jobs.ts'
import type { Turn } from '../service/sign-in.ts'
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
  /** How many more clear answers without the job are tolerated. */
  missesLeft: number
  /** Failed polls in a row. */
  failures: number
  /** Polls that showed the job complete, but without a result. */
  emptyLooks: number
  /** After a failure, no poll before this local time. */
  retryAt: number
  last: Seen | undefined
  sent: Sent
}

/** Time reserved for a last poll when the call would end before the next one is due. A person needs longer. */
const lastLookMs = { own: 2_000, prompted: 30_000 }

/** A new job may not be readable yet. A person, prompted for each poll, is asked late enough to need fewer. */
const toleratedMisses = 5
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
    missesLeft: prompts(context) ? 1 : toleratedMisses,
    failures: 0,
    emptyLooks: 0,
    retryAt: 0,
    last: undefined,
    sent: nothingSent,
    proofs: 0,
    announced: false,
    challenged: prompts(context) && takesChallenges(pace),
    held: undefined,
    untilFree,
    noteSent,
  }
}

/** Waits until the next poll is due, or until the call is aborted. */
export function pause(watch: Watch): Promise<void> {
  const { call, last } = watch
  const ms = pauseFor(watch, Date.now())
  call.report({
    phase: 'poll',
    nextPollInMs: ms,
    ...(last && { status: last.status }),
    ...(last?.progress !== undefined && { progress: last.progress }),
  })
  return asks(watch) ? pauseForPerson(watch, ms) : rest(ms, call.deadline)
}

async function pauseForPerson(watch: Watch, ms: number): Promise<void> {
  const { context, target, call } = watch
  if (!watch.announced) {
    watch.announced = true
    const at = new Date(Date.now() + ms).toISOString()
    context.events.emit('signin.needed', () => ({ path: jobPath(target.id), prompts: true, at }))
  }
  await rest(ms, call.deadline)
  // Do not pile up prompts while the page is hidden.
  await whenVisible(call.deadline.left(), call.deadline.signal)
}

/** Polls the job once. */
export function look(watch: Watch): Promise<HttpResult> {
  const { context, target, call } = watch
  watch.looks += 1
  return fetchJob(context, target.id, call.deadline, watch)
}

/** The poll returned the job. */
export function noteJob(watch: Watch, job: RawJob): void {
  const { context, target, call } = watch
  noteAnswer(watch)
  const now = Date.now()
  if (target.operation === undefined) adopt(context, target, job, now)
  if (!call.knowsInput) readTiming(target, call, job)
  const elapsedMs = now - target.createdAt
  watch.pace = paceOf(target, call)
  const progress = typeof job.progress === 'number' ? job.progress : undefined
  watch.last = { status: job.status, progress, elapsedMs }
}

/** A clear answer said that there is no such job. Returns whether another poll may find it. */
export function noteMiss(watch: Watch): boolean {
  noteAnswer(watch)
  watch.missesLeft -= 1
  return watch.missesLeft >= 0
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

/** The poll got no answer about the job. */
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

/** Whether a person is asked for each signature. */
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
  if (ms > 0) await rest(ms, call.deadline)
  throwIfEnded(target, call)
}

function noteSent(this: Watch): void {
  this.sent = [this.sent[1], Date.now()]
}

function rest(ms: number, deadline: Deadline): Promise<void> {
  return nap(Math.min(ms, deadline.left()), deadline.signal)
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
  // Nothing is known about a bare id, so poll at once.
  if (looks === 0 && target.operation === undefined) return 0
  const requests = context.wallet && context.signIn.ownProofs ? 1 : 2
  return nextLookIn(pace, { sent, looks, requests }, now, elapsedMs)
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

/** `Retry-After` in ms, from seconds or a date on the service's clock. */
function retryAfter({ clock }: Context, result: HttpResult): number {
  const header = result.kind === 'answer' ? result.headers.get('retry-after') : null
  if (!header) return 0
  const ms =
    /^\s*\d/.test(header) && Number.isFinite(Number(header))
      ? Number(header) * 1000
      : Date.parse(header) - clock.now()
  return ms > 0 ? Math.min(ms, longestPatienceMs) : 0
}

/** Longer than any call. Caps values too large for a date, which must not end a wait. */
const longestPatienceMs = 24 * 60 * 60_000
