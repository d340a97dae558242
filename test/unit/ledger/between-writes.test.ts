// What other processes do between two steps of a reservation: no limit is exceeded, none is refused without need.
import { describe, expect, it } from 'vitest'
import { createSpending } from '../../../src/ledger/budget.ts'
import { createCells } from '../../../src/ledger/cells.ts'
import type { Limits } from '../../../src/ledger/limits.ts'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'

type Step = 'read' | 'write' | 'written'

/** A store that stops at each step for what a test does meanwhile. */
function stoppable() {
  const inner = memoryStore()
  const stops: { at?: ((step: Step, key: string, value: unknown) => unknown) | undefined } = {}
  const store: PaymentStore = {
    ...inner,
    async get(key) {
      const entry = await inner.get(key)
      await stops.at?.('read', key, entry?.value)
      return entry
    },
    async set(key, value, expected) {
      await stops.at?.('write', key, value)
      const done = await inner.set(key, value, expected)
      if (done) await stops.at?.('written', key, value)
      return done
    },
  }
  return { store, stops, inner }
}

let ids = 0
const of = (amount: bigint) => {
  ids += 1
  return { attemptId: `a${ids}`, amount, until: Date.now() + 600_000 }
}
const told = (work: Promise<unknown>) =>
  work.then(
    () => 'reserved',
    (error) => error.code,
  )

describe('between two steps of a reservation', () => {
  const setUp = () => {
    const { store, stops, inner } = stoppable()
    const client = (limits: Limits, now = Date.now) => createSpending(createCells(store), limits, now)
    return { client, stops, inner }
  }

  it('a client with a higher limit spends: the lower limit still holds for what was granted before', async () => {
    const { client, stops } = setUp()
    const [low, high, higher] = [client({ total: 5n }), client({ total: 10n }), client({ total: 100n })]
    const given = of(2n)
    const share = await high.reserve(given)
    await low.reserve(of(1n))
    await high.release({ id: given.attemptId, share })
    stops.at = async (step, key, value) => {
      const { least } = value as { least?: { total?: string } }
      if (step !== 'written' || key !== 'budget' || least?.total === '5') return
      stops.at = undefined
      await higher.reserve(of(50n))
    }
    expect(await told(high.reserve(of(6n)))).toBe('limit_total')
    expect(await told(high.reserve(of(2n)))).toBe('limit_total')
  })

  it('its share is folded: what it spent counts once', async () => {
    const { client, stops, inner } = setUp()
    const [one, other] = [client({ total: 10n }), client({ total: 10n })]
    const spent = of(6n)
    const share = await one.reserve(spent)
    await one.commit({ id: spent.attemptId, share })
    // It has rested for long enough to be folded.
    const key = `share/${share}`
    const entry = await inner.get(key)
    const value = entry?.value as { at: number }
    await inner.set(key, { ...value, at: value.at - 11 * 60_000 } as never, entry?.version)
    stops.at = async (step, read) => {
      if (step !== 'read' || read !== key) return
      stops.at = undefined
      const asked = of(1n)
      await other.release({ id: asked.attemptId, share: await other.reserve(asked) })
    }
    expect(await told(one.reserve(of(3n)))).toBe('reserved')
    expect(await told(one.reserve(of(2n)))).toBe('limit_total')
  })

  it('the day ends after a write that failed: no reservation waits for itself', async () => {
    const { client, stops } = setUp()
    let now = Date.parse('2026-11-22T23:59:59.000Z')
    const spending = client({ total: 100n }, () => now)
    const later: Promise<string>[] = []
    stops.at = (step, key) => {
      if (step !== 'write' || !key.startsWith('share/2026-11-22')) return
      stops.at = undefined
      later.push(told(spending.reserve(of(1n))))
      now += 5_000
      later.push(told(spending.reserve(of(1n))))
      throw new Error('The connection broke.')
    }
    expect(await told(spending.reserve(of(1n)))).toBe('store_failed')
    expect(await Promise.all(later)).toEqual(['reserved', 'reserved'])
  }, 10_000)
})
