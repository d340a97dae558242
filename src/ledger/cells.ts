// Typed, validated access to a store. A failing store becomes a typed error before any money moves.
import { isStableStudioError, StoreError } from '../errors.ts'
import { harmlessCause } from '../internal/cause.ts'
import { sameJson } from '../internal/json.ts'
import { isError } from '../internal/realm.ts'
import { type Instant, nap, within } from '../internal/time.ts'
import type * as z from '../internal/zod.ts'
import type { Json } from '../types.ts'
import { parseRecord } from './records.ts'
import type { PaymentStore } from './store.ts'
import { madeBy } from './written.ts'

export type Cell<value> = { value: value; version: string }

/** Whether it was written, and the version that this made, if the store tells. */
export type Put = { done: boolean; version: string | undefined }

export type Cells = {
  read<schema extends z.ZodMiniType>(key: string, schema: schema): Promise<Cell<z.infer<schema>> | undefined>
  /** The version of a record if it equals one of these; `undefined` if it is another or gone. */
  versionOf(key: string, schema: z.ZodMiniType, candidates: readonly object[]): Promise<string | undefined>
  write(key: string, value: object, expected: string | undefined): Promise<boolean>
  put(key: string, value: object, expected: string | undefined): Promise<Put>
  /** Sorted. Some that sort before `from` may be among them. */
  keys(prefix: string, from?: string): AsyncIterable<string>
  delete(key: string, expected: string): Promise<boolean>
  /** Present on an instant sandbox: no timers are set. */
  readonly instant: Instant | undefined
  /**
   * Changes a record, retrying until no other write interferes. `change` may be called several times and may throw.
   * In this process, the changes of a key that wait for a write go into the next one together.
   *
   * What this process wrote last is changed without reading it again: the write fails if it is not what the store has.
   * Nothing else is decided by it: a change that throws, is `unsure`, or leaves it as it is, is made again on what the
   * store has.
   */
  update<schema extends z.ZodMiniType>(
    key: string,
    schema: schema,
    change: Change<z.infer<schema>>,
  ): Promise<void>
}

/** What a change may answer to a record that was not just read. */
export const unsure = Symbol('unsure')

type Change<value> = (value: value | undefined, isRead: boolean) => Changed<value> | Promise<Changed<value>>
type Changed<value> = value | undefined | typeof unsure
type Waiting = { change: Change<unknown>; resolve: () => void; reject: (error: unknown) => void }

/** A store that hangs must not withhold a paid job from the caller. */
const storeTimeoutMs = 10_000

export function createCells(store: PaymentStore, instant?: Instant): Cells {
  const groups = new Map<string, Waiting[]>()
  const kept = new Map<string, Cell<unknown>>()
  const guarded = async <value>(what: 'read' | 'write', call: () => Promise<value>): Promise<value> => {
    try {
      return await within(call(), storeTimeoutMs, { instant }, () =>
        storeFailed(what, undefined, 'It did not answer.'),
      )
    } catch (cause) {
      throw isStableStudioError(cause) ? cause : storeFailed(what, cause)
    }
  }

  const read: Cells['read'] = async (key, schema) => {
    const entry = await guarded('read', () => store.get(key))
    return entry && { value: parseRecord(schema, key, entry.value), version: entry.version }
  }
  const versionOf: Cells['versionOf'] = async (key, schema, candidates) => {
    const entry = await guarded('read', () => store.get(key))
    if (!entry) return undefined
    if (candidates.some((one) => sameJson(one, entry.value))) return entry.version
    // A different record must be readable: corruption is reported, not mistaken for a change.
    parseRecord(schema, key, entry.value)
    return undefined
  }
  const put: Cells['put'] = async (key, value, expected) => {
    let written: Promise<boolean> | undefined
    const done = await guarded('write', () => {
      written = store.set(key, value as Json, expected)
      return written
    })
    return { done, version: done ? madeBy(store, written).version : undefined }
  }
  const write: Cells['write'] = async (key, value, expected) => (await put(key, value, expected)).done

  /** Writes, and keeps what is in the store from now on. */
  async function replace(key: string, value: unknown, expected: string | undefined): Promise<boolean> {
    const { done, version } = await put(key, value as object, expected)
    if (version !== undefined) keepLast(kept, key, { value, version })
    return done
  }

  /** One write for all changes of a group. A change that throws is left out of it. */
  async function writeOnce(key: string, schema: z.ZodMiniType, group: Set<Waiting>): Promise<boolean> {
    const last = kept.get(key)
    kept.delete(key)
    if (last) {
      const value = await changed(last.value, group)
      if (value !== unsure && (await replace(key, value, last.version))) return true
    }
    const cell = await read(key, schema)
    let value: unknown = cell?.value
    for (const one of group) {
      try {
        value = (await one.change(value, true)) ?? value
      } catch (error) {
        group.delete(one)
        one.reject(error)
      }
    }
    return value === cell?.value || replace(key, value, cell?.version)
  }

  async function drain(key: string, schema: z.ZodMiniType, waiting: Waiting[]): Promise<void> {
    while (waiting.length > 0) {
      const group = new Set(waiting.splice(0))
      try {
        await compete(() => writeOnce(key, schema, group), instant)
        for (const one of group) one.resolve()
      } catch (error) {
        for (const one of group) one.reject(error)
      }
    }
    groups.delete(key)
  }

  return {
    read,
    versionOf,
    write,
    put,
    instant,
    delete: (key, expected) => guarded('write', () => store.delete(key, expected)),
    keys: (prefix, from) => guardedKeys(store, prefix, from),
    update(key, schema, change) {
      return new Promise((resolve, reject) => {
        const one = { change: change as Change<unknown>, resolve, reject }
        const waiting = groups.get(key)
        if (waiting) return waiting.push(one)
        const first = [one]
        groups.set(key, first)
        return drain(key, schema, first)
      })
    },
  }
}

/** All changes made to a record that was not read again; `unsure` unless each of them changes it. */
async function changed(before: unknown, group: Iterable<Waiting>): Promise<unknown> {
  let value = before
  for (const { change } of group) {
    const next = await tried(() => change(value, false))
    if (next === undefined || next === value || next === unsure) return unsure
    value = next
  }
  return value
}

async function tried(change: () => unknown): Promise<unknown> {
  try {
    return await change()
  } catch {
    return unsure
  }
}

/** Shares that one process writes at a time: the one it pays from, and those that hold what it paid from before. */
const maxKept = 32

function keepLast(kept: Map<string, Cell<unknown>>, key: string, cell: Cell<unknown>): void {
  kept.set(key, cell)
  const [oldest] = kept.keys()
  if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest)
}

const maxConflicts = 200

/** Repeats a compare-and-set that other processes were faster with. */
export async function compete(write: () => Promise<boolean>, instant?: Instant): Promise<void> {
  for (let conflicts = 0; conflicts < maxConflicts; conflicts += 1) {
    if (await write()) return
    if (!instant) await nap(Math.random() * Math.min(4 * (conflicts + 1), 100))
  }
  throw storeFailed('write', new StoreError('Too many writers.', { code: 'store_failed', phase: 'check' }))
}

async function* guardedKeys(store: PaymentStore, prefix: string, from?: string): AsyncIterable<string> {
  try {
    if (store.ordered) return yield* store.keys(prefix, from)
    const keys: string[] = []
    for await (const key of store.keys(prefix, from)) keys.push(key)
    yield* keys.sort()
  } catch (cause) {
    throw isStableStudioError(cause) ? cause : storeFailed('read', cause)
  }
}

function storeFailed(what: string, failure: unknown, details?: string): StoreError {
  // A driver's error may contain the command with the record in it, or a password.
  const cause = harmlessCause(failure)
  return new StoreError(`The payment store could not be ${what === 'read' ? 'read' : 'written'}.`, {
    details: details ?? (isError(cause) ? cause.message : undefined),
    hint: 'No payment is sent without its record. Make the store reachable and writable, then call again.',
    cause,
  })
}
