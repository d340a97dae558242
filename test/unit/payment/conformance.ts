// What every payment store must do; each store's own test calls this with a way to make it.
import { afterEach, describe, expect, it } from 'vitest'
import type { PaymentStore } from '../../../src/payment/store.ts'
import type { Json } from '../../../src/types.ts'

/** A store that was opened, perhaps a second time on the same data, and how to tidy up after it. */
export type OpenedStore = {
  store: PaymentStore
  /** Another handle on the same data, as another process would open it. @default the same store */
  again?: () => Promise<PaymentStore>
  close?: () => Promise<void>
}

async function collect(keys: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = []
  for await (const key of keys) found.push(key)
  return found.sort()
}

async function versionOf(store: PaymentStore, key: string): Promise<string> {
  const entry = await store.get(key)
  if (!entry) throw new Error(`${key} is not there`)
  return entry.version
}

const oddKeys = [
  'attempt/att_1',
  'payee/stablestudio.dev/eip155:8453',
  'key/with spaces and "quotes"',
  'key/größe-画像-😀',
  'key/../../etc/passwd',
  'key/..',
  'key/.',
  'key/a%2Fb',
  'key/C:\\x',
  'key/a\u0000b',
  'key/*?[a]',
  'key/UPPER',
  'key/upper',
  'key/e\u0301',
  'key/\u00e9',
  '__proto__',
  'constructor',
  `key/${'x'.repeat(200)}`,
]

const values: Json[] = [
  { v: 1, text: 'x' },
  { nested: { list: [1, 'two', null, true, { deep: [] }] } },
  { unicode: 'größe 画像 😀 \u2028 \u0000 \\ "' },
  { big: '9'.repeat(40), float: 0.1, negative: -1, zero: 0 },
  { long: 'x'.repeat(100_000) },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as Json,
  [],
  'text',
  0,
  false,
]

/** Registers the tests of the contract of {@link PaymentStore} for one kind of store. */
export function storeConformance(name: string, makeStore: () => Promise<OpenedStore>): void {
  describe(`${name} as a payment store`, () => {
    const opened: OpenedStore[] = []
    const open = async () => {
      const one = await makeStore()
      opened.push(one)
      return one
    }
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close?.()
    })

    it('knows nothing at first', async () => {
      const { store } = await open()
      expect(await store.get('attempt/1')).toBeUndefined()
      expect(await collect(store.keys(''))).toEqual([])
    })

    it('creates a key once', async () => {
      const { store } = await open()
      expect(await store.set('k', { n: 1 }, undefined)).toBe(true)
      expect(await store.set('k', { n: 2 }, undefined)).toBe(false)
      expect((await store.get('k'))?.value).toEqual({ n: 1 })
    })

    it('writes only on the version that it has', async () => {
      const { store } = await open()
      await store.set('k', { n: 1 }, undefined)
      const first = await versionOf(store, 'k')
      expect(await store.set('k', { n: 2 }, first)).toBe(true)
      expect(await store.set('k', { n: 3 }, first)).toBe(false)
      expect(await store.set('k', { n: 3 }, 'no version')).toBe(false)
      expect(await store.set('k', { n: 3 }, '')).toBe(false)
      expect((await store.get('k'))?.value).toEqual({ n: 2 })
      expect(await versionOf(store, 'k')).not.toBe(first)
    })

    it('does not write on a version of a key that is not there', async () => {
      const { store } = await open()
      expect(await store.set('k', { n: 1 }, '1')).toBe(false)
      expect(await store.get('k')).toBeUndefined()
    })

    it('gives a new version also when the same value is written again', async () => {
      const { store } = await open()
      await store.set('k', { n: 1 }, undefined)
      const first = await versionOf(store, 'k')
      expect(await store.set('k', { n: 1 }, first)).toBe(true)
      expect(await store.set('k', { n: 1 }, first)).toBe(false)
    })

    it('deletes only on the version that it has', async () => {
      const { store } = await open()
      await store.set('k', { n: 1 }, undefined)
      const first = await versionOf(store, 'k')
      await store.set('k', { n: 2 }, first)
      expect(await store.delete('k', first)).toBe(false)
      expect(await store.delete('k', 'no version')).toBe(false)
      expect((await store.get('k'))?.value).toEqual({ n: 2 })
      expect(await store.delete('k', await versionOf(store, 'k'))).toBe(true)
      expect(await store.get('k')).toBeUndefined()
      expect(await store.delete('k', first)).toBe(false)
    })

    it('does not take a version from before a deletion for the one of a key created anew', async () => {
      const { store } = await open()
      await store.set('k', { n: 1 }, undefined)
      const first = await versionOf(store, 'k')
      await store.delete('k', first)
      expect(await store.set('k', { n: 1 }, undefined)).toBe(true)
      expect(await store.set('k', { n: 2 }, first)).toBe(false)
      expect(await store.delete('k', first)).toBe(false)
    })

    it('lists keys by prefix, taken literally', async () => {
      const { store } = await open()
      for (const key of ['attempt/1', 'attempt/2', 'attempts', 'job/attempt/1', 'a*/1', 'Attempt/3']) {
        await store.set(key, { key }, undefined)
      }
      expect(await collect(store.keys('attempt/'))).toEqual(['attempt/1', 'attempt/2'])
      expect(await collect(store.keys('attempt'))).toEqual(['attempt/1', 'attempt/2', 'attempts'])
      expect(await collect(store.keys('a*'))).toEqual(['a*/1'])
      expect(await collect(store.keys('a%'))).toEqual([])
      expect(await collect(store.keys('none'))).toEqual([])
      expect(await collect(store.keys(''))).toHaveLength(6)
    })

    it('lists keys while they are written and deleted', async () => {
      const { store } = await open()
      for (let n = 0; n < 20; n += 1) await store.set(`k/${n}`, n, undefined)
      const seen: string[] = []
      for await (const key of store.keys('k/')) {
        seen.push(key)
        await store.set(`${key}/more`, 1, undefined)
        await store.delete(key, await versionOf(store, key))
      }
      expect(new Set(seen).size).toBe(seen.length)
      for (let n = 0; n < 20; n += 1) expect(seen).toContain(`k/${n}`)
    })

    it.each(oddKeys)('keeps the key %j apart from all others', async (key) => {
      const { store } = await open()
      for (const other of oddKeys) expect(await store.set(other, { other }, undefined)).toBe(true)
      expect((await store.get(key))?.value).toEqual({ other: key })
      expect(await collect(store.keys(key))).toContain(key)
      expect(await store.delete(key, await versionOf(store, key))).toBe(true)
      expect(await collect(store.keys(''))).toEqual(oddKeys.filter((one) => one !== key).sort())
    })

    it('keeps any JSON as it is', async () => {
      const { store } = await open()
      for (const [at, value] of values.entries()) {
        await store.set(`v/${at}`, value, undefined)
        expect(JSON.stringify((await store.get(`v/${at}`))?.value)).toBe(JSON.stringify(value))
      }
    })

    it('keeps copies: neither what was given nor what was taken changes what is stored', async () => {
      const { store } = await open()
      const given = { list: [1], inner: { n: 1 } }
      const writing = store.set('k', given, undefined)
      await writing
      given.inner.n = 2
      given.list.push(2)
      const taken = (await store.get('k'))?.value as typeof given
      expect(taken).toEqual({ list: [1], inner: { n: 1 } })
      taken.inner.n = 3
      expect((await store.get('k'))?.value).toEqual({ list: [1], inner: { n: 1 } })
    })

    it('lets one of 50 concurrent creators win', async () => {
      const { store, again } = await open()
      const stores = await Promise.all(Array.from({ length: 50 }, async () => (await again?.()) ?? store))
      const won = await Promise.all(stores.map((one, n) => one.set('k', { n }, undefined)))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect((await store.get('k'))?.value).toEqual({ n: won.indexOf(true) })
    })

    it('lets one of 50 concurrent writers win on each version', async () => {
      const { store, again } = await open()
      const stores = await Promise.all(Array.from({ length: 50 }, async () => (await again?.()) ?? store))
      await store.set('k', { n: -1, count: 0 }, undefined)
      for (let count = 1; count <= 5; count += 1) {
        const version = await versionOf(store, 'k')
        const won = await Promise.all(stores.map((one, n) => one.set('k', { n, count }, version)))
        expect(won.filter(Boolean)).toHaveLength(1)
        expect((await store.get('k'))?.value).toEqual({ n: won.indexOf(true), count })
      }
    })

    it('loses no increment of 50 concurrent counters that try again', async () => {
      const { store, again } = await open()
      await store.set('k', 0, undefined)
      const increment = async () => {
        const own = (await again?.()) ?? store
        for (;;) {
          const entry = await own.get('k')
          if (entry && (await own.set('k', Number(entry.value) + 1, entry.version))) return
        }
      }
      await Promise.all(Array.from({ length: 50 }, increment))
      expect((await store.get('k'))?.value).toBe(50)
    })

    it('lets either a writer or a deleter win, never both', async () => {
      const { store } = await open()
      for (let round = 0; round < 20; round += 1) {
        await store.set(`k${round}`, 1, undefined)
        const version = await versionOf(store, `k${round}`)
        const write = () => store.set(`k${round}`, 2, version)
        const remove = () => store.delete(`k${round}`, version)
        const both = round % 2 === 0 ? [write(), remove()] : [remove(), write()]
        expect((await Promise.all(both)).filter(Boolean)).toHaveLength(1)
      }
    })
  })
}
