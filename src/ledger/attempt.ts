// One attempt: its id, the hashes that identify its job, and the handle through which one process at a time changes it.
import { keccak_256 } from '@noble/hashes/sha3.js'
import { hexDigits, randomHex } from '../internal/hex.ts'
import { canonicalJson, isRecord, parseJson } from '../internal/json.ts'
import type { AttemptState } from '../types.ts'
import type { Cells } from './cells.ts'
import { type AttemptRecord, attemptRecord } from './records.ts'

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
  return `att_${Date.now().toString(36)}${randomHex(10)}`
}

/** Salted hashes of an input's fields. They identify its job without the input. */
export function hashFields(input: Record<string, unknown>, salt: string): Record<string, string> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, hashOf(value, salt)]))
}

/** Whether a job's input has all the fields of the hashed one, with the same values. */
export function matchesFields(input: unknown, hashes: Record<string, string>, salt: string): boolean {
  if (!isRecord(input)) return false
  return Object.entries(hashes).every(
    ([name, hash]) => Object.hasOwn(input, name) && hashOf(input[name], salt) === hash,
  )
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

/** Removes `undefined` fields, which some stores reject. */
function defined(record: AttemptRecord): AttemptRecord {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(record)) if (value !== undefined) kept[name] = value
  return kept as AttemptRecord
}

export const keyOf = (attemptId: string) => `attempt/${attemptId}`

/**
 * A handle on a record that was just read or written. A store returns no version when it writes, so the version is read
 * back. It counts only if the record is still what this handle wrote.
 */
export function handleOf(cells: Cells, initial: AttemptRecord, initialVersion?: string): AttemptHandle {
  let record = initial
  let version = initialVersion
  /** What a failed write may have left in the store. */
  let pending: AttemptRecord | undefined
  /** Facts to keep that are not in the store yet. */
  let owed: Partial<AttemptRecord> | undefined
  let turn: Promise<unknown> = Promise.resolve()

  async function ownVersion(): Promise<string | undefined> {
    if (version !== undefined) return version
    return cells.versionOf(keyOf(record.id), attemptRecord, pending ? [record, pending] : [record])
  }

  async function change(patch: Partial<AttemptRecord>): Promise<boolean> {
    const expected = await ownVersion()
    if (expected === undefined) return false
    pending = defined({ ...record, ...owed, ...patch })
    version = undefined
    const written = await cells.write(keyOf(record.id), pending, expected)
    // A driver that retries a write after losing the answer reports a conflict with itself.
    const holds = async (one: AttemptRecord) => cells.versionOf(keyOf(record.id), attemptRecord, [one])
    if (!written && (await holds(pending)) === undefined) return false
    record = pending
    owed = undefined
    return true
  }

  async function keep(facts: Partial<AttemptRecord>): Promise<boolean> {
    owed = { ...owed, ...facts }
    for (let tries = 0; tries < maxMoves; tries += 1) {
      if (await change({})) return true
      const moved = await cells.read(keyOf(record.id), attemptRecord)
      if (!moved || isClosed(moved.value.state)) return false
      record = moved.value
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
    leased: (work) => withLease(update, work),
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
