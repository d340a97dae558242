// The contract of a payment store, rule by rule.
import type { Json } from '../../types.ts'
import { expect, list, readValue, rule, type StoreRule, versionOf } from './rule.ts'

const count = (results: readonly boolean[]) => results.filter((one) => one === true).length
const many = (length: number) => Array.from({ length }, (_, at) => at)

/** Keys that encodings get wrong. */
const oddKeys: readonly string[] = [
  'attempt/att_1',
  'payee/stablestudio.dev/eip155:8453',
  'key/with spaces and "quotes"',
  'key/größe-画像-😀',
  'key/../../etc/passwd',
  'key/..',
  'key/.',
  '..',
  'key/a%2Fb',
  'key/a%2fb',
  'key/C:\\x',
  'con',
  'key/a\u0000b',
  'key/a\nb',
  'key/*?[a]',
  'key/UPPER',
  'key/upper',
  'key/e\u0301',
  'key/\u00e9',
  'key/\ud800',
  'key/\ufffd',
  '123',
  'true',
  '__proto__',
  'constructor',
  `key/${'x'.repeat(200)}`,
  `key/${'x'.repeat(201)}`,
  `key/${'ü'.repeat(2_000)}`,
]

const values: readonly Json[] = [
  { v: 1, text: 'x' },
  { nested: { list: [1, 'two', null, true, { deep: [] }] } },
  { unicode: 'größe 画像 😀 \u2028 \u0000 \\ "', half: '\ud800' },
  { big: '9'.repeat(40), float: 0.1, negative: -1, zero: 0 },
  { long: 'x'.repeat(100_000) },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as Json,
  [],
  {},
  'text',
  '123',
  0,
  false,
  null,
]

/** Every rule by itself, for a test runner. */
export const storeRules: readonly StoreRule[] = [
  rule('knows nothing at first', async ({ store }) => {
    expect('a key that was never written', await store.get('attempt/1'), undefined)
    expect('its keys', await list(store, ''), [])
  }),

  rule('creates a key once', async ({ store }) => {
    expect('the first creation', await store.set('k', { n: 1 }, undefined), true)
    expect('the second', await store.set('k', { n: 2 }, undefined), false)
    expect('the value', await readValue(store, 'k'), { n: 1 })
  }),

  rule('writes only on the version that it has', async ({ store }) => {
    await store.set('k', { n: 1 }, undefined)
    const first = await versionOf(store, 'k')
    expect('a write on the version', await store.set('k', { n: 2 }, first), true)
    for (const wrong of [first, 'no version', '', '../k', '0']) {
      expect(`a write on ${JSON.stringify(wrong)}`, await store.set('k', { n: 3 }, wrong), false)
    }
    expect('the value', await readValue(store, 'k'), { n: 2 })
    expect('a new version', (await versionOf(store, 'k')) !== first, true)
  }),

  rule('does not write on a version of a key that is not there', async ({ store }) => {
    await store.set('other', 1, undefined)
    for (const wrong of ['1', '', await versionOf(store, 'other')]) {
      expect(`a write on ${JSON.stringify(wrong)}`, await store.set('k', { n: 1 }, wrong), false)
    }
    expect('the value', await store.get('k'), undefined)
  }),

  rule('gives a new version also when the same value is written again', async ({ store }) => {
    await store.set('k', { n: 1 }, undefined)
    const first = await versionOf(store, 'k')
    expect('a write of the same value', await store.set('k', { n: 1 }, first), true)
    expect('a second one on the old version', await store.set('k', { n: 1 }, first), false)
  }),

  rule('deletes only on the version that it has', async ({ store }) => {
    await store.set('k', { n: 1 }, undefined)
    const first = await versionOf(store, 'k')
    await store.set('k', { n: 2 }, first)
    expect('a deletion on the old version', await store.delete('k', first), false)
    expect('one on no version', await store.delete('k', 'no version'), false)
    expect('the value', await readValue(store, 'k'), { n: 2 })
    expect('one on the version', await store.delete('k', await versionOf(store, 'k')), true)
    expect('the value then', await store.get('k'), undefined)
    expect('a second deletion', await store.delete('k', first), false)
    expect('its keys', await list(store, ''), [])
  }),

  rule('does not take a version from before a deletion for one of a key created anew', async ({ store }) => {
    await store.set('k', { n: 1 }, undefined)
    const first = await versionOf(store, 'k')
    await store.delete('k', first)
    expect('the creation', await store.set('k', { n: 1 }, undefined), true)
    expect('a write on the version from before', await store.set('k', { n: 2 }, first), false)
    expect('a deletion on it', await store.delete('k', first), false)
    expect('the value', await readValue(store, 'k'), { n: 1 })
  }),

  rule('lists keys by prefix, taken literally', async ({ store }) => {
    const keys = ['attempt/1', 'attempt/2', 'attempts', 'job/attempt/1', 'a*/1', 'Attempt/3', 'a\\*']
    for (const key of keys) await store.set(key, { key }, undefined)
    const wanted: Record<string, string[]> = {
      'attempt/': ['attempt/1', 'attempt/2'],
      attempt: ['attempt/1', 'attempt/2', 'attempts'],
      'a*': ['a*/1'],
      'a\\': ['a\\*'],
      'a%': [],
      'a?': [],
      '[a]': [],
      none: [],
      '': keys.sort(),
    }
    for (const [prefix, found] of Object.entries(wanted)) {
      expect(`keys that begin with ${JSON.stringify(prefix)}`, await list(store, prefix), found)
    }
  }),

  rule('lists keys while they are written and deleted', async ({ store }) => {
    const keys = many(20).map((n) => `k/${n}`)
    for (const key of keys) await store.set(key, 1, undefined)
    const seen: string[] = []
    for await (const key of store.keys('k/')) {
      seen.push(key)
      await store.set(`${key}/more`, 1, undefined)
      await store.delete(key, await versionOf(store, key))
    }
    expect('keys listed twice', seen.length - new Set(seen).size, 0)
    expect(
      'keys that were left out',
      keys.filter((key) => !seen.includes(key)),
      [],
    )
  }),

  rule('lists thousands of keys', async ({ store }) => {
    const keys = many(1_500).map((n) => `k/${n}`)
    await Promise.all(keys.map((key) => store.set(key, 1, undefined)))
    expect('how many', (await list(store, 'k/')).length, keys.length)
    const later: string[] = []
    for await (const key of store.keys('k/', 'k/7')) if (key >= 'k/7') later.push(key)
    expect('how many from one on', later.length, keys.filter((key) => key >= 'k/7').length)
    if (!store.ordered) return
    const sorted: string[] = []
    for await (const key of store.keys('k/')) sorted.push(key)
    expect('the keys of an ordered store', sorted, keys.sort())
    expect('those from one on', later, [...later].sort())
  }),

  rule('keeps every key apart from all others', async ({ store }) => {
    for (const key of oddKeys) {
      expect(`the creation of ${JSON.stringify(key)}`, await store.set(key, { key }, undefined), true)
    }
    let left = [...oddKeys].sort()
    for (const key of oddKeys) {
      expect(`the value of ${JSON.stringify(key)}`, await readValue(store, key), { key })
      expect('keys with itself as prefix', (await list(store, key)).includes(key), true)
      expect('its deletion', await store.delete(key, await versionOf(store, key)), true)
      left = left.filter((one) => one !== key)
    }
    expect('keys after all were deleted', await list(store, ''), left)
  }),

  rule('keeps any JSON as it is', async ({ store }) => {
    for (const [at, value] of values.entries()) {
      await store.set(`v/${at}`, value, undefined)
      const entry = await store.get(`v/${at}`)
      expect('the exact text', JSON.stringify(entry?.value), JSON.stringify(value))
    }
  }),

  rule('keeps copies of what it is given and gives', async ({ store }) => {
    const given = { list: [1], inner: { n: 1 } }
    await store.set('k', given, undefined)
    given.inner.n = 2
    given.list.push(2)
    const taken = (await readValue(store, 'k')) as typeof given
    expect('the value after the given one changed', taken, { list: [1], inner: { n: 1 } })
    taken.inner.n = 3
    expect('after the taken one changed', await readValue(store, 'k'), { list: [1], inner: { n: 1 } })
  }),

  rule('shows every handle what another one wrote', async ({ store, open }) => {
    const other = await open()
    await store.set('k', 1, undefined)
    expect('what the other reads', await readValue(other, 'k'), 1)
    expect('what the other writes', await other.set('k', 2, await versionOf(other, 'k')), true)
    expect('what the first reads', await readValue(store, 'k'), 2)
    expect('what the other lists', await list(other, ''), ['k'])
  }),

  rule('lets one of 50 concurrent creators win', async ({ store, open }) => {
    const handles = await Promise.all(many(50).map(open))
    const won = await Promise.all(handles.map((one, n) => one.set('k', { n }, undefined)))
    expect('winners', count(won), 1)
    expect('the value', await readValue(store, 'k'), { n: won.indexOf(true) })
  }),

  rule('lets one of 50 concurrent writers win on each version', async ({ store, open }) => {
    const handles = await Promise.all(many(50).map(open))
    await store.set('k', { n: -1, round: 0 }, undefined)
    for (let round = 1; round <= 5; round += 1) {
      const version = await versionOf(store, 'k')
      const won = await Promise.all(handles.map((one, n) => one.set('k', { n, round }, version)))
      expect('winners', count(won), 1)
      expect('the value', await readValue(store, 'k'), { n: won.indexOf(true), round })
    }
  }),

  rule('loses no increment of 50 concurrent counters that try again', async ({ store, open }) => {
    await store.set('k', 0, undefined)
    const increment = async () => {
      const own = await open()
      for (;;) {
        const entry = await own.get('k')
        if (entry && (await own.set('k', Number(entry.value) + 1, entry.version))) return
      }
    }
    await Promise.all(many(50).map(increment))
    expect('the sum', await readValue(store, 'k'), 50)
  }),

  rule('lets either a writer or a deleter win, never both', async ({ store, open }) => {
    const other = await open()
    for (let round = 0; round < 20; round += 1) {
      const key = `k${round}`
      await store.set(key, 1, undefined)
      const version = await versionOf(store, key)
      const write = () => store.set(key, 2, version)
      const remove = () => other.delete(key, version)
      const both = round % 2 === 0 ? [write(), remove()] : [remove(), write()]
      expect('winners', count(await Promise.all(both)), 1)
    }
  }),

  rule('lets one of many creators win after a deletion', async ({ store, open }) => {
    const handles = await Promise.all(many(20).map(open))
    for (let round = 0; round < 5; round += 1) {
      const won = await Promise.all(handles.map((one, n) => one.set('k', n, undefined)))
      expect('winners', count(won), 1)
      expect('the value', await readValue(store, 'k'), won.indexOf(true))
      await store.delete('k', await versionOf(store, 'k'))
    }
  }),
]
