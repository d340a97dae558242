// Typed, validated access to a store. A failing store becomes a typed error before any money moves.
import { isStableStudioError, StoreError } from '../errors.ts'
import { harmlessCause } from '../internal/cause.ts'
import { sameJson } from '../internal/json.ts'
import { isError } from '../internal/realm.ts'
import { sleep, within } from '../internal/time.ts'
import type * as z from '../internal/zod.ts'
import type { Json } from '../types.ts'
import { parseRecord } from './records.ts'
import type { PaymentStore } from './store.ts'

export type Cell<value> = { value: value; version: string }

export type Cells = {
  read<schema extends z.ZodMiniType>(key: string, schema: schema): Promise<Cell<z.infer<schema>> | undefined>
  /** The version of a record if it equals one of these; `undefined` if it is another or gone. */
  versionOf(key: string, schema: z.ZodMiniType, candidates: readonly object[]): Promise<string | undefined>
  write(key: string, value: object, expected: string | undefined): Promise<boolean>
  keys(prefix: string): AsyncIterable<string>
  /**
   * Changes a record, retrying until no other write interferes. `change` may be called several times and may throw.
   * In this process, calls for one key run one at a time, so they do not conflict.
   */
  update<schema extends z.ZodMiniType>(
    key: string,
    schema: schema,
    change: (value: z.infer<schema> | undefined) => z.infer<schema> | undefined,
  ): Promise<void>
}

const maxConflicts = 200
/** A store that hangs must not withhold a paid job from the caller. */
const storeTimeoutMs = 10_000

export function createCells(store: PaymentStore): Cells {
  const queues = new Map<string, Promise<unknown>>()

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
  const write: Cells['write'] = (key, value, expected) =>
    guarded('write', () => store.set(key, value as Json, expected))

  async function compete(
    key: string,
    schema: z.ZodMiniType,
    change: (value: never) => unknown,
  ): Promise<void> {
    for (let conflicts = 0; conflicts < maxConflicts; conflicts += 1) {
      const cell = await read(key, schema)
      const next = change(cell?.value as never)
      if (next === undefined || (await write(key, next as object, cell?.version))) return
      await sleep(Math.random() * Math.min(4 * (conflicts + 1), 100))
    }
    throw storeFailed('write', new StoreError('Too many writers.', { code: 'store_failed', phase: 'check' }))
  }

  return {
    read,
    versionOf,
    write,
    keys: (prefix) => guardedKeys(store, prefix),
    update(key, schema, change) {
      const run = () => compete(key, schema, change)
      const previous = queues.get(key)
      const turn = previous ? previous.then(run, run) : run()
      queues.set(key, turn)
      const done = () => queues.get(key) === turn && queues.delete(key)
      turn.then(done, done)
      return turn
    },
  }
}

async function* guardedKeys(store: PaymentStore, prefix: string): AsyncIterable<string> {
  try {
    yield* store.keys(prefix)
  } catch (cause) {
    throw isStableStudioError(cause) ? cause : storeFailed('read', cause)
  }
}

async function guarded<value>(what: 'read' | 'write', call: () => Promise<value>): Promise<value> {
  try {
    return await within(call(), storeTimeoutMs, undefined, () =>
      storeFailed(what, undefined, 'It did not answer.'),
    )
  } catch (cause) {
    throw isStableStudioError(cause) ? cause : storeFailed(what, cause)
  }
}

function storeFailed(what: string, failure: unknown, details?: string): StoreError {
  // A driver's error may contain the command with the record in it, or a password.
  const cause = harmlessCause(failure)
  return new StoreError(`The payment store could not be ${what === 'read' ? 'read' : 'written'}.`, {
    details: details ?? (isError(cause) ? cause.message : undefined),
    hint: 'No payment is started without its record. Make the store reachable and writable, then call again.',
    cause,
  })
}
