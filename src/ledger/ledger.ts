// The ledger: every payment attempt, written before the step that its state announces.
import { LimitExceededError, StoreError } from '../errors.ts'
import type { Attempt, Receipt } from '../types.ts'
import {
  type AttemptHandle,
  beginningOf,
  firstKeyAt,
  handleOf,
  idempotencyKeyOf,
  isClosed,
  jobKeyOf,
  keyOf,
  type LedgerScope,
  leaseMs,
} from './attempt.ts'
import { createSpending, type Place, type Spending } from './budget.ts'
import type { Cells } from './cells.ts'
import type { Limits } from './limits.ts'
import type { LowLimit } from './low.ts'
import { prune } from './prune.ts'
import {
  type AttemptRecord,
  attemptRecord,
  fromStored,
  keyRecord,
  textRecord,
  toAttempt,
  toStored,
} from './records.ts'
import type { OpenReservation } from './share.ts'

/** How long an authorization is assumed to be able to settle after its `validBefore`, ms. */
export const settlementMarginMs = 60_000

/** Attempts that one refused reservation looks at. */
const maxLapses = 50

/** What a settled attempt bought: a job, or an upload ticket. */
export type Delivery = Pick<AttemptRecord, 'jobId' | 'pollUrl' | 'jobCreatedAt' | 'ticket'>

export type Ledger = {
  /** Reserves the amount and writes the attempt as `reserved`. @throws {LimitExceededError} */
  reserve(draft: Omit<AttemptRecord, 'v' | 'state'>): Promise<AttemptHandle>
  /** Records the attempt as paid, and books its amount. */
  settle(handle: AttemptHandle, receipt: Receipt, delivery: Delivery): Promise<boolean>
  /** Records it as paid: `open` lists it until `book`. */
  settleUnbooked: Ledger['settle']
  /** Replaces the payment of an attempt that is not signed yet: approval may have taken too long for the first one. */
  renew(handle: AttemptHandle, payment: { nonce: string; validBefore: number }): Promise<boolean>
  /** Closes an attempt that charged nothing; `false` also for one whose money moved when it was signed. */
  close(handle: AttemptHandle, state: 'rejected' | 'released'): Promise<boolean>
  find(attemptId: string): Promise<AttemptHandle | undefined>
  /** Whether this process worked on an open attempt and has stopped: its lease then says no more than how long to wait. */
  hasStopped(attemptId: string): boolean
  /** Books a settled attempt that `open` listed, once its caller knows of it. From then on it is not listed. */
  book(attemptId: string): Promise<void>
  /** Attempts that are open, or were settled as their process died. Also completes what a crash left half done. */
  open(): AsyncIterable<AttemptHandle>
  /** Oldest first. Some that were made before or after the period may be among them. */
  all(period?: Partial<Period>): AsyncIterable<Attempt>
  /** Removes attempts that were over before a time, once each is archived; resolves to how many. */
  prune(before: number, archive: (record: AttemptRecord) => Promise<void>): Promise<number>
  /** Gives unused shares of the budget back. */
  giveBack(): Promise<void>
  /** What is left of the limits, and of which day (UTC, by the service's clock). */
  left: Spending['left']
  /** Assigns an idempotency key to an attempt, unless it already belongs to another one. */
  claimKey(key: string, inputHash: string, attemptId: string, instead?: string): Promise<boolean>
  findKey(key: string): Promise<{ attemptId: string; inputHash: string } | undefined>
  /** Binds a job to an attempt; `false` when it belongs to another one. */
  bindJob(jobId: string, attemptId: string): Promise<boolean>
  ownerOfJob(jobId: string): Promise<string | undefined>
  /** The payee pinned on a network, after pinning `payTo` if there was none. */
  pinPayee(network: string, payTo: string): Promise<{ payTo: string; pinned: boolean }>
  pinnedPayee(network: string): Promise<string | undefined>
}

/** ms since the epoch. */
type Period = { since: number; until: number }

/** An id is made just before the record of its attempt says when. */
const idToleranceMs = 60_000

/**
 * @param now ms since the epoch on the service's clock.
 * @param tell told when little is left of a limit.
 */
export function createLedger(
  cells: Cells,
  scope: LedgerScope,
  limits: Limits,
  now: () => number,
  tell?: (low: LowLimit) => void,
): Ledger {
  const spending = createSpending(cells, limits, now, tell)
  const { host } = new URL(scope.origin)
  const ended = new Set<string>()
  /** Attempts that a refusal does not look at again: they may have paid. */
  const doubtful = new Set<string>()
  /** A pin never changes, so it is read once. */
  const pins = new Map<string, string>()
  /** Job → attempt, which never changes either. Holds those that this process has bound and not settled yet. */
  const bound = new Map<string, string>()
  const payeeKey = (network: string) => `payee/${host}/${network}`
  const pinnedPayee = async (network: string) => {
    const known = pins.get(network) ?? (await cells.read(payeeKey(network), textRecord))?.value.text
    if (known !== undefined) pins.set(network, known)
    return known
  }
  const settleUnbooked: Ledger['settleUnbooked'] = async (handle, receipt, delivery) => {
    const done = await handle.keep({ ...delivery, receipt, state: 'settled', ...forgotten })
    if (done) bound.delete(delivery.jobId ?? '')
    return done
  }
  return {
    async reserve(draft) {
      const amount = BigInt(draft.amount)
      const until = draft.validBefore * 1000 + settlementMarginMs
      const leaseUntil = Date.now() + leaseMs
      const reservation = { attemptId: draft.id, amount, until, leaseUntil }
      const share = await spending.reserve(reservation).catch(async (error) => {
        if (!(error instanceof LimitExceededError)) throw error
        // Reservations of crashed processes may be using up the limit.
        if (!(await lapse(cells, spending, doubtful))) throw error
        return spending.reserve(reservation)
      })
      const record: AttemptRecord = { ...draft, v: 1, state: 'reserved', inFlightUntil: leaseUntil, share }
      const written = await cells.put(keyOf(draft.id), toStored(record), undefined).catch(async (error) => {
        await undo(cells, spending, { id: draft.id, share }).catch(() => {})
        throw error
      })
      if (!written.done) throw idTaken(draft.id)
      return handleOf(cells, record, ended, written.version)
    },
    async settle(handle, receipt, delivery) {
      const done = await settleUnbooked(handle, receipt, delivery)
      if (done) await spending.commit(handle.record)
      return done
    },
    settleUnbooked,
    async renew(handle, payment) {
      await spending.extend(handle.record, payment.validBefore * 1000 + settlementMarginMs)
      return handle.update(payment)
    },
    async close(handle, state) {
      if (handle.record.final) return false
      const done = await handle.update({ state, ...forgotten })
      // If this fails, the next call that needs the amount releases it: the record decides.
      if (done) await spending.release(handle.record).catch(() => {})
      return done
    },
    find: (attemptId) => findAttempt(cells, attemptId, ended),
    hasStopped: (attemptId) => ended.has(attemptId),
    async book(attemptId) {
      const handle = await findAttempt(cells, attemptId)
      if (handle) await spending.commit(handle.record)
    },
    open: () => openAttempts(cells, spending, ended),
    all: (period) => allAttempts(cells, period),
    prune: (before, archive) => prune(cells, before, archive),
    giveBack: spending.giveBack,
    left: spending.left,
    async claimKey(key, inputHash, attemptId, instead) {
      const at = idempotencyKeyOf(scope, key)
      const held = await cells.read(at, keyRecord)
      if (held && held.value.attemptId !== instead) return false
      return cells.write(at, { v: 1, attemptId, inputHash }, held?.version)
    },
    async findKey(key) {
      return (await cells.read(idempotencyKeyOf(scope, key), keyRecord))?.value
    },
    async bindJob(jobId, attemptId) {
      if (bound.get(jobId) === attemptId) return true
      const at = jobKeyOf(jobId)
      const isMine =
        (await cells.write(at, { v: 1, text: attemptId }, undefined)) ||
        (await cells.read(at, textRecord))?.value.text === attemptId
      if (isMine) bound.set(jobId, attemptId)
      return isMine
    },
    async ownerOfJob(jobId) {
      return (await cells.read(jobKeyOf(jobId), textRecord))?.value.text
    },
    async pinPayee(network, payTo) {
      const held = await pinnedPayee(network)
      if (held !== undefined) return { payTo: held, pinned: false }
      const pinned = await cells.write(payeeKey(network), { v: 1, text: payTo }, undefined)
      return { payTo: (await pinnedPayee(network)) ?? payTo, pinned }
    },
    pinnedPayee,
  }
}

/** What a closed attempt no longer needs, above all the signed authorization. */
const forgotten = { request: undefined, inputHashes: undefined, inFlightUntil: undefined, stopped: undefined }

async function findAttempt(
  cells: Cells,
  attemptId: string,
  ended = new Set<string>(),
): Promise<AttemptHandle | undefined> {
  const cell = await cells.read(keyOf(attemptId), attemptRecord)
  return cell && handleOf(cells, fromStored(cell.value), ended, cell.version)
}

async function* allAttempts(
  cells: Cells,
  { since = 0, until = Number.POSITIVE_INFINITY }: Partial<Period> = {},
): AsyncIterable<Attempt> {
  const earliest = since - idToleranceMs
  for await (const key of cells.keys(keyOf(''), earliest > 0 ? firstKeyAt(earliest) : undefined)) {
    const begun = beginningOf(key)
    if (begun !== undefined && begun < earliest) continue
    if (begun !== undefined && begun > until + idToleranceMs) return
    const cell = await cells.read(key, attemptRecord)
    if (cell) yield toAttempt(fromStored(cell.value))
  }
}

async function* openAttempts(
  cells: Cells,
  spending: Spending,
  ended: Set<string>,
): AsyncIterable<AttemptHandle> {
  for (const reservation of await spending.open()) {
    const handle = await findAttempt(cells, reservation.attemptId, ended)
    if (handle && !isGivenBack(handle)) yield handle
    else await finish(cells, spending, reservation, handle)
  }
}

/** The process of a settled one died before its caller got it: it stays listed, and counts, until it is booked. */
function isGivenBack({ record }: AttemptHandle): boolean {
  return isClosed(record.state) && record.state !== 'settled'
}

/** A failed write may still have arrived. If it cannot be undone now, `recover()` will find it. */
async function undo(cells: Cells, spending: Spending, place: Place): Promise<void> {
  const handle = await findAttempt(cells, place.id)
  if (!handle || (await handle.update({ state: 'released', ...forgotten }))) await spending.release(place)
}

/** Completes what a crash between an attempt's two writes left half done. */
async function finish(
  cells: Cells,
  spending: Spending,
  reservation: OpenReservation,
  handle: AttemptHandle | undefined,
): Promise<boolean> {
  if (!handle && !(await isAbandoned(cells, reservation))) return false
  await spending.release({ id: reservation.attemptId, share: reservation.share })
  return true
}

/**
 * Whether the process that reserved the amount died before it wrote the attempt. It may only be slow, so the record is
 * written for it, as released. If that process continues, it finds the id taken and signs nothing.
 */
async function isAbandoned(
  cells: Cells,
  { attemptId, amount, leaseUntil }: OpenReservation,
): Promise<boolean> {
  if (leaseUntil > Date.now()) return false
  const unknown = { operation: 'unknown', origin: '', path: '', network: '', asset: '', payTo: '', payer: '' }
  const record: AttemptRecord = {
    ...unknown,
    v: 1,
    id: attemptId,
    state: 'released',
    protocol: 'x402',
    amount: amount.toString(),
    createdAt: new Date(leaseUntil - leaseMs).toISOString(),
    nonce: '',
    validBefore: 0,
  }
  return cells.write(keyOf(attemptId), record, undefined)
}

/** Releases reservations whose authorization expired without being sent; `true` if there were any. */
async function lapse(cells: Cells, spending: Spending, doubtful: Set<string>): Promise<boolean> {
  let freed = false
  const unknown = spending.expired().filter(({ attemptId }) => !doubtful.has(attemptId))
  for (const reservation of unknown.slice(0, maxLapses)) {
    const handle = await findAttempt(cells, reservation.attemptId)
    const state = handle?.record.state
    if (handle && (state === 'reserved' || state === 'signed'))
      await handle.update({ state: 'released', ...forgotten })
    const over = !handle || isGivenBack(handle)
    if (over && (await finish(cells, spending, reservation, handle))) freed = true
    else doubtful.add(reservation.attemptId)
  }
  return freed
}

function idTaken(attemptId: string): StoreError {
  return new StoreError('The payment store already holds an attempt with this new id.', {
    details: attemptId,
    hint: 'Nothing was signed. The store seems to be broken: it must refuse to create a key that exists.',
  })
}
