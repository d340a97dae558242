// The ledger: every payment attempt, written before the step that its state announces.
import { StoreError } from '../errors.ts'
import { formatUsd } from '../internal/usd.ts'
import type { Attempt, Receipt } from '../types.ts'
import { type AttemptHandle, handleOf, hashOf, isClosed, keyOf, leaseMs } from './attempt.ts'
import type { Limits, OpenReservation, Spending } from './budget.ts'
import { createSpending } from './budget.ts'
import type { Cells } from './cells.ts'
import { type AttemptRecord, attemptRecord, keyRecord, textRecord, toAttempt } from './records.ts'

/** How long an authorization is assumed to be able to settle after its `validBefore`, ms. */
export const settlementMarginMs = 60_000

/** What a settled attempt bought: a job, or an upload ticket. */
export type Delivery = Pick<AttemptRecord, 'jobId' | 'pollUrl' | 'jobCreatedAt' | 'ticket'>

export type Ledger = {
  /** Reserves the amount and writes the attempt as `reserved`. @throws {LimitExceededError} */
  reserve(draft: Omit<AttemptRecord, 'v' | 'state'>): Promise<AttemptHandle>
  /** Records the attempt as paid. */
  settle(handle: AttemptHandle, receipt: Receipt, delivery: Delivery): Promise<boolean>
  /** Replaces the payment of an attempt that is not signed yet: approval may have taken too long for the first one. */
  renew(handle: AttemptHandle, payment: { nonce: string; validBefore: number }): Promise<boolean>
  /** Closes an attempt that charged nothing; `false` also for one whose money moved when it was signed. */
  close(handle: AttemptHandle, state: 'rejected' | 'released'): Promise<boolean>
  find(attemptId: string): Promise<AttemptHandle | undefined>
  /** Books a settled attempt that `open` listed, once its caller knows of it. From then on it is not listed. */
  book(attemptId: string): Promise<void>
  /** Attempts that are open, or were settled as their process died. Also completes what a crash left half done. */
  open(): AsyncIterable<AttemptHandle>
  all(): AsyncIterable<Attempt>
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

/** Whose attempts these are: several wallets, and clients of other services, may share a store. */
export type LedgerScope = { origin: string; payer: string | undefined }

/** @param now ms since the epoch on the service's clock. */
export function createLedger(cells: Cells, scope: LedgerScope, limits: Limits, now: () => number): Ledger {
  const spending = createSpending(cells, limits, now)
  const { host } = new URL(scope.origin)
  const idempotencyKeyOf = (key: string) => `key/${hashOf([scope.origin, scope.payer ?? null, key], 'key')}`
  /** A pin never changes, so it is read once. */
  const pins = new Map<string, string>()
  const payeeKey = (network: string) => `payee/${host}/${network}`
  const pinnedPayee = async (network: string) => {
    const known = pins.get(network) ?? (await cells.read(payeeKey(network), textRecord))?.value.text
    if (known !== undefined) pins.set(network, known)
    return known
  }
  return {
    async reserve(draft) {
      const amount = BigInt(draft.amount)
      const until = draft.validBefore * 1000 + settlementMarginMs
      const leaseUntil = Date.now() + leaseMs
      const reservation = { attemptId: draft.id, amount, until, leaseUntil }
      await spending.reserve(reservation).catch(async (error) => {
        // Reservations of crashed processes may be using up the limit.
        if (!(await lapse(cells, spending))) throw error
        await spending.reserve(reservation)
      })
      const record: AttemptRecord = { ...draft, v: 1, state: 'reserved', inFlightUntil: leaseUntil }
      const written = await cells.write(keyOf(draft.id), record, undefined).catch(async (error) => {
        await undo(cells, spending, draft.id).catch(() => {})
        throw error
      })
      if (!written) throw idTaken(draft.id)
      return handleOf(cells, record)
    },
    async settle(handle, receipt, delivery) {
      const done = await handle.keep({ ...delivery, receipt, state: 'settled', ...forgotten })
      if (done) await spending.commit(handle.record.id)
      return done
    },
    async renew(handle, payment) {
      await spending.extend(handle.record.id, payment.validBefore * 1000 + settlementMarginMs)
      return handle.update(payment)
    },
    async close(handle, state) {
      if (handle.record.final) return false
      const done = await handle.update({ state, ...forgotten })
      // If this fails, the next call that needs the amount releases it: the record decides.
      if (done) await spending.release(handle.record.id).catch(() => {})
      return done
    },
    find: (attemptId) => findAttempt(cells, attemptId),
    book: (attemptId) => spending.commit(attemptId),
    open: () => openAttempts(cells, spending),
    all: () => allAttempts(cells),
    async claimKey(key, inputHash, attemptId, instead) {
      const at = idempotencyKeyOf(key)
      const held = await cells.read(at, keyRecord)
      if (held && held.value.attemptId !== instead) return false
      return cells.write(at, { v: 1, attemptId, inputHash }, held?.version)
    },
    async findKey(key) {
      return (await cells.read(idempotencyKeyOf(key), keyRecord))?.value
    },
    async bindJob(jobId, attemptId) {
      const at = `job/${jobId}`
      if (await cells.write(at, { v: 1, text: attemptId }, undefined)) return true
      return (await cells.read(at, textRecord))?.value.text === attemptId
    },
    async ownerOfJob(jobId) {
      return (await cells.read(`job/${jobId}`, textRecord))?.value.text
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
const forgotten = { request: undefined, inputHashes: undefined, inFlightUntil: undefined }

async function findAttempt(cells: Cells, attemptId: string): Promise<AttemptHandle | undefined> {
  const cell = await cells.read(keyOf(attemptId), attemptRecord)
  return cell && handleOf(cells, cell.value, cell.version)
}

async function* allAttempts(cells: Cells): AsyncIterable<Attempt> {
  const keys: string[] = []
  for await (const key of cells.keys('attempt/')) keys.push(key)
  for (const key of keys.sort()) {
    const cell = await cells.read(key, attemptRecord)
    if (cell) yield toAttempt(cell.value, formatUsd(BigInt(cell.value.amount)))
  }
}

async function* openAttempts(cells: Cells, spending: Spending): AsyncIterable<AttemptHandle> {
  for (const reservation of await spending.open()) {
    const handle = await findAttempt(cells, reservation.attemptId)
    if (handle && !isGivenBack(handle)) yield handle
    else await finish(cells, spending, reservation, handle)
  }
}

/** The process of a settled one died before its caller got it: it stays listed, and counts, until it is booked. */
function isGivenBack({ record }: AttemptHandle): boolean {
  return isClosed(record.state) && record.state !== 'settled'
}

/** A failed write may still have arrived. If it cannot be undone now, `recover()` will find it. */
async function undo(cells: Cells, spending: Spending, attemptId: string): Promise<void> {
  const handle = await findAttempt(cells, attemptId)
  if (!handle || (await handle.update({ state: 'released', ...forgotten }))) await spending.release(attemptId)
}

/** Completes what a crash between an attempt's two writes left half done. */
async function finish(
  cells: Cells,
  spending: Spending,
  reservation: OpenReservation,
  handle: AttemptHandle | undefined,
): Promise<boolean> {
  if (!handle && !(await isAbandoned(cells, reservation))) return false
  await spending.release(reservation.attemptId)
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
async function lapse(cells: Cells, spending: Spending): Promise<boolean> {
  let freed = false
  for (const reservation of await spending.open()) {
    const handle = await findAttempt(cells, reservation.attemptId)
    const state = handle?.record.state
    if (handle && (state === 'reserved' || state === 'signed') && reservation.until < Date.now()) {
      await handle.update({ state: 'released', ...forgotten })
    }
    const over = !handle || isGivenBack(handle)
    if (over && (await finish(cells, spending, reservation, handle))) freed = true
  }
  return freed
}

function idTaken(attemptId: string): StoreError {
  return new StoreError('The payment store already holds an attempt with this new id.', {
    details: attemptId,
    hint: 'Nothing was signed. The store seems to be broken: it must refuse to create a key that exists.',
  })
}
