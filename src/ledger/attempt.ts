// One attempt: its id, the hashes that identify its job, and the handle through which one process at a time changes it.
import { keccak_256 } from '@noble/hashes/sha3.js'
import { hexDigits, randomHex } from '../internal/hex.ts'
import { canonicalJson, isRecord, own, parseJson } from '../internal/json.ts'
import type { AttemptState } from '../types.ts'
import type { Cells } from './cells.ts'
import { type AttemptRecord, attemptRecord, defined, fromStored, toStored } from './records.ts'

/** How long a process leases an attempt. It renews the lease every third of this. */
export const leaseMs = 9_000
/** How often to retry adding to an attempt that another process keeps changing. */
const maxMoves = 5

/** An attempt that this process works on. Changes run one at a time. */
export type AttemptHandle = {
  readonly record: AttemptRecord
  /** Changes the record if it is still what this handle last saw; `false` if another process changed it. */
  update(change: Partial<AttemptRecord>): Promise<boolean>
  /**
   * Adds facts that must not be lost, even if another process changed the record, unless it was closed. If the store
   * fails, they are still in `record` and are written with the next change.
   */
  keep(facts: Partial<AttemptRecord>): Promise<boolean>
  /** Holds the lease while `work` runs, so that no other process takes over the attempt. */
  leased<value>(work: () => Promise<value>): Promise<value>
}

/** Whether the attempt is over. */
export function isClosed(state: AttemptState): boolean {
  return state === 'settled' || state === 'rejected' || state === 'released'
}

/** Ids sort by time, so listings are in order. */
export function createAttemptId(): string {
  return `${idBegin(Date.now())}${randomHex(10)}`
}

/** Of one length until 2059. */
const idBegin = (time: number) => `att_${time.toString(36).padStart(8, '0')}`

/** No key of an attempt that was made at this time (ms since the epoch) or later sorts before this. */
export function firstKeyAt(time: number): string {
  return keyOf(idBegin(time))
}

/** When the id in this key was made, ms since the epoch; `undefined` for an id that does not say. */
export function beginningOf(key: string): number | undefined {
  const [, time] = /^attempt\/att_([0-9a-z]{8})[0-9a-f]{20}$/.exec(key) ?? []
  return time === undefined ? undefined : Number.parseInt(time, 36)
}

/** Salted hashes of an input's fields. They identify its job without the input. */
export function hashFields(input: Record<string, unknown>, salt: string): Record<string, string> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, hashOf(value, salt)]))
}

/** Whether a job's input, of these hashes, has all the fields of an attempt's, with the same values. */
export function matchesFields(listed: Record<string, string>, hashes: Record<string, string>): boolean {
  return Object.entries(hashes).every(([name, hash]) => own(listed, name) === hash)
}

/** The hashes of an attempt's input: recorded, or made from the stored request; `undefined` without either. */
export function inputHashesOf(record: AttemptRecord): Record<string, string> | undefined {
  if (record.inputHashes) return record.inputHashes
  const input = record.request && parseJson(record.request.body)
  return isRecord(input) ? hashFields(input, record.payer) : undefined
}

/** A short salted hash of a JSON value. */
export function hashOf(value: unknown, salt: string): string {
  return hexDigits(keccak_256(`${salt}\n${canonicalJson(value)}`).subarray(0, 16))
}

export const keyOf = (attemptId: string) => `attempt/${attemptId}`

export const jobKeyOf = (jobId: string) => `job/${jobId}`

/** Whose attempts these are: several wallets, and clients of other services, may share a store. */
export type LedgerScope = { origin: string; payer: string | undefined }

export function idempotencyKeyOf({ origin, payer }: LedgerScope, key: string): string {
  return `key/${hashOf([origin, payer ?? null, key], 'key')}`
}

/**
 * A handle on a record that was just read or written. Unless the store tells the version that a write made, it is read
 * back, and counts only if the record is still what this handle wrote.
 *
 * @param ended the attempts that this process has stopped working on while they were open.
 */
export function handleOf(
  cells: Cells,
  initial: AttemptRecord,
  ended: Set<string>,
  initialVersion?: string,
): AttemptHandle {
  let record = initial
  let version = initialVersion
  /** What a failed write may have left in the store. */
  let pending: AttemptRecord | undefined
  /** Facts to keep that are not in the store yet. */
  let owed: Partial<AttemptRecord> | undefined
  let turn: Promise<unknown> = Promise.resolve()

  async function ownVersion(): Promise<string | undefined> {
    if (version !== undefined) return version
    return cells.versionOf(
      keyOf(record.id),
      attemptRecord,
      (pending ? [record, pending] : [record]).map(toStored),
    )
  }

  async function change(patch: Partial<AttemptRecord>): Promise<boolean> {
    const expected = await ownVersion()
    if (expected === undefined) return false
    pending = defined({ ...record, ...owed, ...patch })
    version = undefined
    const written = await cells.put(keyOf(record.id), toStored(pending), expected)
    // A driver that retries a write after losing the answer reports a conflict with itself.
    const holds = async (one: AttemptRecord) =>
      cells.versionOf(keyOf(record.id), attemptRecord, [toStored(one)])
    if (!written.done && (await holds(pending)) === undefined) return false
    record = pending
    version = written.version
    owed = undefined
    return true
  }

  async function keep(facts: Partial<AttemptRecord>): Promise<boolean> {
    owed = { ...owed, ...facts }
    for (let tries = 0; tries < maxMoves; tries += 1) {
      if (await change({})) return true
      const moved = await cells.read(keyOf(record.id), attemptRecord)
      if (!moved || isClosed(moved.value.state)) return false
      record = fromStored(moved.value)
      version = moved.version
    }
    return false
  }

  const inTurn = (work: () => Promise<boolean>) => {
    const done = turn.then(work)
    turn = done.catch(() => {})
    return done
  }
  const update = (patch: Partial<AttemptRecord>) => inTurn(() => change(patch))
  return {
    get record() {
      return owed ? { ...record, ...owed } : record
    },
    update,
    keep: (facts) => inTurn(() => keep(facts)),
    async leased(work) {
      ended.delete(record.id)
      try {
        // An instant call is over before a lease is.
        return await (cells.instant ? work() : withLease(update, work))
      } finally {
        if (!isClosed(record.state)) {
          ended.add(record.id)
          // Else other processes leave it alone until the lease runs out. If this fails, they do.
          await update({ stopped: true }).catch(() => false)
        }
      }
    },
  }
}

async function withLease<value>(update: AttemptHandle['update'], work: () => Promise<value>): Promise<value> {
  let renewal: Promise<unknown> = Promise.resolve()
  let timer: ReturnType<typeof setTimeout> | undefined
  let ended = false
  const renewLater = () => {
    if (ended) return
    timer = setTimeout(() => {
      const renewing = update({ inFlightUntil: Date.now() + leaseMs })
      // Stop renewing if another process changed the attempt or the store fails.
      renewal = renewing.then((held) => held && renewLater()).catch(() => {})
    }, leaseMs / 3)
  }
  renewLater()
  try {
    return await work()
  } finally {
    ended = true
    clearTimeout(timer)
    await renewal
  }
}
