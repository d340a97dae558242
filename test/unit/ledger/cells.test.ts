import { afterEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod/mini'
import { StableStudioError, StoreError } from '../../../src/errors.ts'
import { createCells } from '../../../src/ledger/cells.ts'
import {
  attemptRecord,
  keyRecord,
  parseRecord,
  spendRecord,
  textRecord,
} from '../../../src/ledger/records.ts'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import type { Json } from '../../../src/types.ts'
import { draft, faultyStore } from './kit.ts'

afterEach(() => {
  vi.useRealTimers()
})

const counter = z.object({ n: z.number() })
const increment = (value: { n: number } | undefined) => ({ n: (value?.n ?? 0) + 1 })
const read = async (store: PaymentStore, key: string) => (await store.get(key))?.value

describe('a cell', () => {
  it('loses no update of 200 in one process', async () => {
    const store = memoryStore()
    const cells = createCells(store)
    await Promise.all(Array.from({ length: 200 }, () => cells.update('k', counter, increment)))
    expect(await read(store, 'k')).toEqual({ n: 200 })
  })

  it('lets the updates of one process not fight each other', async () => {
    let refused = 0
    const store = memoryStore()
    const set: PaymentStore['set'] = async (...write) => {
      const wrote = await store.set(...write)
      refused += wrote ? 0 : 1
      return wrote
    }
    const cells = createCells({ ...store, set })
    await Promise.all(Array.from({ length: 50 }, () => cells.update('k', counter, increment)))
    expect(refused).toBe(0)
  })

  it('loses no update of 40 processes', async () => {
    const store = memoryStore()
    const update = () => createCells(store).update('k', counter, increment)
    await Promise.all(Array.from({ length: 40 }, update))
    expect(await read(store, 'k')).toEqual({ n: 40 })
  })

  it('is left alone when the change says so, or throws', async () => {
    const store = memoryStore()
    const cells = createCells(store)
    await cells.update('k', counter, increment)
    await cells.update('k', counter, () => undefined)
    const error = new Error('no')
    const refuse = () => {
      throw error
    }
    await expect(cells.update('k', counter, refuse)).rejects.toBe(error)
    await cells.update('k', counter, increment)
    expect(await read(store, 'k')).toEqual({ n: 2 })
  })

  it('keeps the updates of other keys going while one fails', async () => {
    const store = faultyStore({
      before: (_operation, key) => {
        if (key === 'bad') throw new Error('disk full')
      },
    })
    const cells = createCells(store)
    const [bad, good] = await Promise.allSettled([
      cells.update('bad', counter, increment),
      cells.update('good', counter, increment),
    ])
    expect(bad.status).toBe('rejected')
    expect(good.status).toBe('fulfilled')
  })
})

describe('a store that fails', () => {
  const cause = new Error('disk full')
  const throwing: PaymentStore['get'] = () => {
    throw cause
  }
  it.each<[string, Partial<PaymentStore>]>([
    ['rejects when read', { get: () => Promise.reject(cause) }],
    ['throws when read', { get: throwing }],
    ['rejects when written', { set: () => Promise.reject(cause) }],
  ])('becomes store_failed: %s', async (_name, broken) => {
    const cells = createCells({ ...memoryStore(), ...broken })
    const error = await cells.update('k', counter, increment).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(StoreError)
    expect(error).toMatchObject({ code: 'store_failed', payment: 'none', safeToRetry: true, cause })
  })

  it('keeps an error of this package as it is', async () => {
    const own = new StableStudioError('x', { code: 'aborted', phase: 'pay' })
    const cells = createCells({ ...memoryStore(), get: () => Promise.reject(own) })
    await expect(cells.read('k', counter)).rejects.toBe(own)
  })

  it('that never lets anyone write becomes store_failed, not an endless loop', async () => {
    vi.useFakeTimers()
    let writes = 0
    const set = async () => {
      writes += 1
      return false
    }
    const cells = createCells({ ...memoryStore(), set })
    const outcome = expect(cells.update('k', counter, increment)).rejects.toMatchObject({
      code: 'store_failed',
    })
    await vi.advanceTimersByTimeAsync(600_000)
    await outcome
    expect(writes).toBeLessThan(1000)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a corrupt record', () => {
  const valid = { ...draft('att_1'), v: 1, state: 'sent' } as unknown as Json
  const without = (name: string) => {
    const { [name]: _gone, ...rest } = valid as Record<string, Json>
    return rest
  }
  it.each<[string, z.ZodMiniType, Json]>([
    ['null', attemptRecord, null],
    ['a text', attemptRecord, 'x'],
    ['a list', attemptRecord, []],
    ['of another version', attemptRecord, { ...(valid as object), v: 2 }],
    ['in an unknown state', attemptRecord, { ...(valid as object), state: 'paid' }],
    ['without amount', attemptRecord, without('amount')],
    ['without nonce', attemptRecord, without('nonce')],
    ['with an amount as a number', attemptRecord, { ...(valid as object), amount: 170_000 }],
    ['with a negative amount', attemptRecord, { ...(valid as object), amount: '-1' }],
    ['with a decimal amount', attemptRecord, { ...(valid as object), amount: '0.17' }],
    ['with a cut-off header', attemptRecord, { ...(valid as object), request: { body: 'x', header: ['a'] } }],
    ['with an inherited version', attemptRecord, JSON.parse('{"__proto__":{"v":1}}')],
    ['of spending without days', spendRecord, { v: 1, spent: '0', open: {} }],
    ['of spending that is negative', spendRecord, { v: 1, spent: '-5', days: {}, open: {} }],
    ['of spending with a day as a number', spendRecord, { v: 1, spent: '0', days: { d: 0 }, open: {} }],
    ['of spending with a bad reservation', spendRecord, { v: 1, spent: '0', days: {}, open: { a: {} } }],
    ['of a key without hash', keyRecord, { v: 1, attemptId: 'a' }],
    ['of a text without text', textRecord, { v: 1 }],
  ])('%s is refused as store_corrupt and stays untouched', async (_name, schema, value) => {
    expect(() => parseRecord(schema, 'k', value)).toThrow(StoreError)
    const store = memoryStore()
    await store.set('k', value, undefined)
    const before = await store.get('k')
    const cells = createCells(store)
    await expect(cells.read('k', schema)).rejects.toMatchObject({ code: 'store_corrupt' })
    await expect(cells.update('k', schema, () => ({}) as never)).rejects.toMatchObject({
      code: 'store_corrupt',
    })
    expect(await store.get('k')).toEqual(before)
  })

  it('is not repeated in the error', () => {
    const record = {
      ...(valid as object),
      state: 'paid',
      request: { body: 'PROMPT', header: ['h', 'SECRET'] },
    }
    try {
      parseRecord(attemptRecord, 'attempt/1', record as Json)
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).not.toMatch(/PROMPT|SECRET/)
    }
  })
})
