// One attempt: its id, the hashes that recognise its job, and the handle by which one process at a time moves it.
import { keccak_256 } from '@noble/hashes/sha3.js'
import { hexDigits, randomHex } from '../internal/hex.ts'
import { canonicalJson, isRecord, parseJson } from '../internal/json.ts'
import type { AttemptState } from '../types.ts'
import type { Cells } from './cells.ts'
import { type AttemptRecord, attemptRecord } from './records.ts'

/** A process that works on an attempt says so for this long, and again every third of it. */
export const leaseMs = 9_000
/** How often another process may move an attempt while something is added to it. */
const maxMoves = 5

/** An attempt that this process works on. Its changes run one after the other. */
export type AttemptHandle = {
  readonly record: AttemptRecord
  /** Changes the record if it still is what this handle last saw; `false` when another process moved it. */
  update(change: Partial<AttemptRecord>): Promise<boolean>
  /**
   * Adds what must not be lost, even to a record that another process moved, unless that closed it. Where the store fails
   * it stands in `record` all the same, and goes with the next change.
   */
  keep(facts: Partial<AttemptRecord>): Promise<boolean>
  /** Says that this process works on the attempt while `work` runs, so that no other process takes it over. */
  leased<value>(work: () => Promise<value>): Promise<value>
}

/** Whether nothing more can come of the attempt. */
export function isClosed(state: AttemptState): boolean {
  return state === 'settled' || state === 'rejected' || state === 'released'
}

/** Ids sort by time, so that a listing is in order. */
export function createAttemptId(): string {
  return `att_${Date.now().toString(36)}${randomHex(10)}`
}

/** Salted hashes of an input's fields, by which its job can be recognised without the input. */
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

/** The hashes of an attempt's input: recorded, or made from the request that is kept; `undefined` without either. */
export function inputHashesOf(record: AttemptRecord): Record<string, string> | undefined {
  if (record.inputHashes) return record.inputHashes
  const input = record.request && parseJson(record.request.body)
  return isRecord(input) ? hashFields(input, record.payer) : undefined
}

/** A short salted hash of a JSON value. */
export function hashOf(value: unknown, salt: string): string {
  return hexDigits(keccak_256(`${salt}\n${canonicalJson(value)}`).subarray(0, 16))
}

/** Without fields that are `undefined`, which some stores refuse. */
function defined(record: AttemptRecord): AttemptRecord {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(record)) if (value !== undefined) kept[name] = value
  return kept as AttemptRecord
}

export const keyOf = (attemptId: string) => `attempt/${attemptId}`

/**
 * A handle on a record that was just read or written. A store tells no version when it writes, so the version is read
 * back, and counts only while the record still is what this handle wrote.
 */
export function handleOf(cells: Cells, initial: AttemptRecord, initialVersion?: string): AttemptHandle {
  let record = initial
  let version = initialVersion
  /** What a write that failed half-way may have left in the store. */
  let pending: AttemptRecord | undefined
  /** What is to be kept, and is not in the store yet. */
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
    // A driver that repeats a write whose answer it lost reports a conflict with itself.
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
      // An attempt that another process moved is not renewed any more; nor is one whose store fails.
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
