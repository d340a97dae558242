// Reads the job list for many waits: a page stands for the looks at all jobs on it. Nothing depends on it. A job that it
// does not show, or not as a look would, is looked at alone when that is due, and now and then a look checks the list.
import type { Context, Crowd } from '../context.ts'
import { isSuccess } from '../internal/http.ts'
import { createDeadline, nap } from '../internal/time.ts'
import { fetchJobPages, fitOf, maxIdlePages, type RawJob, readJob, standingOf } from '../service/jobs.ts'
import { isAllowedAsset, readResult } from '../service/outputs.ts'
import { createTurn } from './list-turn.ts'
import { freeIn, nextLookIn, nothingSent } from './pace/schedule.ts'
import { look, mayRest, putOff, release, type Watch } from './watch.ts'

/** The most that the service is known to show. */
const pageSize = 100
/** So many beats before its first look a job is first sought: reading all pages takes a while. */
const ahead = 1.5
/** A page must stand for so many looks, since it is read more often than a job is looked at. */
const worth = 3
/**
 * Readings in a published interval, of single looks there are two: dense when most jobs end, in multiples of the typical
 * time. Two dense beats must be shorter than the half interval for which a page stands for looks, or those are made, too.
 */
const beats = { usual: 2.75, dense: 5.5 }
const mostEnd = [0.7, 1.5] as const
/** In multiples of the typical time: after so long without one, a job gets a look of its own, whatever the list says. */
const longestTrust = 3
const mostDoublings = 4
/** From this share of the typical time on, so many looks check the list each time that it may be read. */
const doubtful = 0.6
const checks = { proved: 1, unproved: 2 }
/** The list may be behind by so much, ms. */
const tolerance = 500

/** What is remembered of a wait. */
type Note = {
  /** When the reading began that showed it last. */
  readAt: number
  /** Readings in a row that did not show it, and until when it is not sought again. */
  misses: number
  retryAt: number
  /** Its own looks, and when the last of them was noticed. */
  looks: number
  lookedAt: number
}

type Sweep = {
  readonly context: Context
  readonly crowd: Crowd<Watch>
  readonly signal: AbortSignal
  readonly notes: WeakMap<Watch, Note>
  /** Jobs that a look has shown to be done, and when: a list that goes on to show one at work is out of date. */
  readonly proven: Map<string, number>
  failures: number
  /** When the list last showed a job as complete: until it has, and if it has not for an interval, it is checked more. */
  provedAt: number
  /** Whether to read everything next: a look knows more than the list did. */
  doubted: boolean
  /** The last page that was of use. */
  depth: number
}

/** Runs until the signal aborts. */
export async function sweep(context: Context, crowd: Crowd<Watch>, signal: AbortSignal): Promise<void> {
  const state: Sweep = {
    // How the list takes proofs says nothing of the looks.
    context: { ...context, signIn: { ...context.signIn } },
    ...{ crowd, signal, notes: new WeakMap(), proven: new Map() },
    ...{ failures: 0, provedAt: 0, doubted: false, depth: 0 },
  }
  while (!signal.aborted) {
    const began = Date.now()
    const beat = shortest(crowd.members) / beats.dense
    const { wanted, ripe } = wantedAt(state, began, beat)
    check(state)
    const read = wanted.size >= worth && (await readList(state, wanted, { began, most: 1 + ripe / worth }))
    if (read === 'failed') {
      await rest(state)
      continue
    }
    // At least a breath, should all requests of the moment be used up.
    await nap(Math.max(beat / 4, began + beat - Date.now()), signal)
  }
}

/** Leaves the list alone for a while; each time longer if it does not prove useful in between. */
async function rest({ crowd, signal, ...state }: Sweep): Promise<void> {
  crowd.trusted = false
  release(crowd.members)
  await nap(shortest(crowd.members) * 2 ** Math.min(state.failures - 1, mostDoublings), signal)
  crowd.trusted = true
}

function shortest(members: Iterable<Watch>): number {
  let least = 2 ** 31
  for (const { pace } of members) least = Math.min(least, pace.publishedMs)
  return least
}

/** The waits whose next look comes before the list is read again, and how many it may stand for in all. */
function wantedAt(state: Sweep, now: number, beat: number): { wanted: Set<Watch>; ripe: number } {
  const wanted = new Set<Watch>()
  let ripe = 0
  for (const watch of state.crowd.members) {
    const { pace, target, looks } = watch
    const { readAt, retryAt } = noteOf(state, watch)
    const share = (now - target.createdAt) / pace.typicalMs
    const often = share > mostEnd[0] && share < mostEnd[1] ? beats.dense : beats.usual
    // A timer may fire a little early.
    const isFresh = Math.abs(now - readAt) < (0.9 * pace.publishedMs) / often
    const isYoung =
      looks === 0 &&
      target.operation !== undefined &&
      nextLookIn(pace, { sent: nothingSent, looks, requests: 1 }, now, now - target.createdAt) > ahead * beat
    // Further ahead than it ever is means that the clock was set back.
    const isPaused = now < retryAt && retryAt - now <= pace.publishedMs * 2 ** mostDoublings
    if (isYoung || isPaused) continue
    ripe += 1
    if (!isFresh || state.doubted) wanted.add(watch)
  }
  return { wanted, ripe }
}

/** Reads as many pages as are worth it. What it should have shown, and has not, is looked at alone. */
async function readList(
  state: Sweep,
  wanted: Set<Watch>,
  { began, most }: { began: number; most: number },
): Promise<'read' | 'failed'> {
  const { context, crowd, signal } = state
  const turn = createTurn(crowd.members)
  const limitMs = Math.min(context.timeouts.poll, shortest(crowd.members) / 2)
  state.doubted = false
  const waits = byJob(crowd.members)
  let [pages, idle, depth, whole] = [0, 0, 0, true]
  try {
    const limit = () => createDeadline(limitMs, signal)
    for await (const page of fetchJobPages(context, { limit: pageSize }, limit, turn)) {
      pages += 1
      const shown = takePage(state, page, { wanted, waits, began, sentAt: turn.sentAt })
      if (shown === undefined) return failed(state)
      idle = shown > 0 ? 0 : idle + 1
      if (idle === 0) depth = pages
      whole = pages < most
      if (!whole || wanted.size === 0 || (idle >= maxIdlePages && pages > state.depth)) break
    }
  } catch {
    if (!turn.isSpent && !signal.aborted) return failed(state)
    whole = false
  }
  state.depth = depth
  // What lies too deep is looked at when that is due.
  if (whole) for (const watch of wanted) noteMissing(state, watch)
  return 'read'
}

function failed(state: Sweep): 'failed' {
  state.failures += 1
  return 'failed'
}

type Waits = ReadonlyMap<string, readonly Watch[]>
type Reading = { wanted: Set<Watch>; waits: Waits; began: number; sentAt: number }

/** The waits of each job. */
function byJob(members: Iterable<Watch>): Waits {
  const found = new Map<string, Watch[]>()
  for (const watch of members) {
    const same = found.get(watch.target.id)
    if (same) same.push(watch)
    else found.set(watch.target.id, [watch])
  }
  return found
}

/** Returns how many waits the page shows; `undefined` if it is out of date. */
function takePage(state: Sweep, page: readonly RawJob[], reading: Reading): number | undefined {
  const jobs = new Map<string, RawJob | undefined>()
  // Two entries for one job contradict each other.
  for (const job of page) jobs.set(job.id, jobs.has(job.id) ? undefined : job)
  for (const [id, provenAt] of state.proven) {
    const job = jobs.get(id)
    if (job && standingOf(job) === 'working' && reading.sentAt > provenAt + tolerance) return undefined
  }
  let shown = 0
  for (const [id, job] of jobs) {
    if (!job) continue
    for (const watch of reading.waits.get(id) ?? []) {
      if (!state.crowd.members.has(watch)) continue
      shown += 1
      show(state, watch, job, reading)
    }
  }
  return shown
}

function show(state: Sweep, watch: Watch, job: RawJob, { wanted, began, sentAt }: Reading): void {
  const { context } = state
  const note = noteOf(state, watch)
  wanted.delete(watch)
  const { operation } = watch.target
  // One of another operation is not believed.
  if (operation && fitOf(job, operation) !== 'fits') {
    noteMissing(state, watch)
    return
  }
  Object.assign(note, { readAt: began, misses: 0 })
  const standing = standingOf(job)
  if (standing === 'working') {
    // A look may have been sent since, and may have shown more.
    if (watch.sent[1] > sentAt || watch.shown) return
    putOff(watch, sentAt)
    watch.notBefore = Math.min(watch.notBefore, note.lookedAt + longestTrust * watch.pace.typicalMs)
    // Its timer ends before the next look is due, so it need not be woken for that.
    if (mayRest(watch, job)) return
  } else {
    const result = standing === 'complete' ? readResult(job) : undefined
    if (!result || !isAllowedAsset(context, result.url)) {
      // Only a look may say that it failed, or what is wrong with the result.
      release([watch])
      return
    }
    Object.assign(state, { failures: 0, provedAt: Date.now() })
  }
  watch.shown = job
  watch.wake?.()
}

function noteMissing(state: Sweep, watch: Watch): void {
  const note = noteOf(state, watch)
  note.retryAt = Date.now() + watch.pace.publishedMs * 2 ** Math.min(note.misses, mostDoublings)
  note.misses += 1
  release([watch])
}

function noteOf({ notes }: Sweep, watch: Watch): Note {
  const { looks } = watch
  const known = notes.get(watch)
  if (known) return known.looks === looks ? known : Object.assign(known, { looks, lookedAt: Date.now() })
  const note = { readAt: 0, misses: 0, retryAt: 0, looks, lookedAt: Date.now() }
  notes.set(watch, note)
  return note
}

/** Looks at a few jobs that are taken on the list's word: the longest overdue, and not looked at for longest. */
function check(state: Sweep): void {
  const now = Date.now()
  const doubts: { watch: Watch; doubt: number }[] = []
  for (const watch of state.crowd.members) {
    const { pace, target, sent, notBefore, wake } = watch
    const { readAt, lookedAt } = noteOf(state, watch)
    const share = (now - target.createdAt) / pace.typicalMs
    // Not to look twice at once.
    if (!wake || readAt === 0 || notBefore <= now || freeIn(pace, sent, now) > 0) continue
    if (share > doubtful) doubts.push({ watch, doubt: (share * (now - lookedAt)) / pace.typicalMs })
  }
  doubts.sort((one, other) => other.doubt - one.doubt)
  for (const { watch } of doubts.slice(0, isProved(state) ? checks.proved : checks.unproved))
    void lookAt(state, watch)
}

function isProved({ provedAt, crowd }: Sweep): boolean {
  return Date.now() - provedAt < shortest(crowd.members)
}

async function lookAt(state: Sweep, watch: Watch): Promise<void> {
  putOff(watch, Date.now())
  const result = await look(watch).catch(() => undefined)
  const job = result?.kind === 'answer' && isSuccess(result) ? readJob(result.json()) : undefined
  // What else the service may have to say, the wait hears for itself.
  if (job?.id !== watch.target.id) {
    release([watch])
    return
  }
  if (standingOf(job) !== 'working') {
    state.proven.set(job.id, Date.now())
    state.doubted = !isProved(state)
  }
  watch.shown = job
  watch.wake?.()
}
