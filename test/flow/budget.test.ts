// The limits while money is spent: what is left of them, and who is told when that is little.
import { memoryStore, StableStudioClient } from 'stablestudio'
import { describe, expect, it, vi } from 'vitest'
import { counted, played, start, useTestClock } from '../support/clock.ts'
import { createPair, createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

const limits = { perCall: '0.50', perDay: '1', total: '5' }
const dayMs = 86_400_000

const spendAll = (studio: StableStudioClient, times: number) =>
  played(Promise.all(Array.from({ length: times }, () => studio.submit(operation, input))))

describe('budget', () => {
  it('says what is spent and left of each limit, and when the day ends', async () => {
    const { studio } = createStudio({ limits })
    await played(studio.submit(operation, input))
    expect(await studio.budget()).toEqual({
      perCall: '0.50',
      perDay: {
        limit: '1.00',
        spent: '0.17',
        reserved: '0.00',
        left: '0.83',
        endsAt: '2026-11-23T00:00:00.000Z',
      },
      total: { limit: '5.00', spent: '0.17', reserved: '0.00', left: '4.83' },
    })
  })

  it('names only limits that are set', async () => {
    expect(await createStudio().studio.budget()).toEqual({})
    expect(await createStudio({ limits: { perCall: '1' } }).studio.budget()).toEqual({ perCall: '1.00' })
    expect(Object.keys(await createStudio({ limits: { total: '1' } }).studio.budget())).toEqual(['total'])
  })

  it('starts a new day at midnight, and never a new total', async () => {
    const { studio } = createStudio({ limits })
    await played(studio.submit(operation, input))
    vi.setSystemTime(start + dayMs)
    expect(await studio.budget()).toMatchObject({
      perDay: { spent: '0.00', left: '1.00', endsAt: '2026-11-24T00:00:00.000Z' },
      total: { spent: '0.17', left: '4.83' },
    })
  })

  it('counts what every process on the store has spent, and what is being paid as reserved', async () => {
    const store = memoryStore()
    const { studio, wallet, sandbox } = createStudio({ store, limits: { total: '1' } })
    const seen: unknown[] = []
    const second = new StableStudioClient({
      wallet,
      store,
      limits: { total: '2' },
      fetch: counted(sandbox.fetch),
      approve: async () => seen.push(await studio.budget()) > 0,
    })
    await played(studio.submit(operation, input))
    await played(second.submit(operation, input))
    expect(seen).toEqual([{ total: { limit: '1.00', spent: '0.17', reserved: '0.17', left: '0.66' } }])
    expect(await studio.budget()).toMatchObject({ total: { spent: '0.34', reserved: '0.00', left: '0.66' } })
    expect(await second.budget()).toMatchObject({ total: { spent: '0.34', left: '1.66' } })
  })

  it('leaves nothing of a limit that was lowered below what is spent', async () => {
    const { wallet, sandbox } = createStudio()
    const store = memoryStore()
    const first = new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) })
    await played(first.submit(operation, input))
    const lower = new StableStudioClient({ wallet, store, limits: { total: '0.10' } })
    expect(await lower.budget()).toMatchObject({ total: { limit: '0.10', spent: '0.17', left: '0.00' } })
  })
})

describe('budget.low', () => {
  it('comes once, when less than a fifth of a limit is left', async () => {
    const { studio } = createStudio({ limits: { perDay: '2', total: '1' } })
    const low: unknown[] = []
    studio.on('budget.low', (payload) => low.push(payload))
    await spendAll(studio, 4)
    expect(low).toEqual([])
    await spendAll(studio, 1)
    expect(low).toMatchObject([{ name: 'total', limit: '1.00', left: '0.15' }])
    await played(failure(studio.submit(operation, input)))
    expect(low).toHaveLength(1)
  })

  it('comes again on the next day', async () => {
    const { studio } = createStudio({ limits: { perDay: '0.20' } })
    const low: unknown[] = []
    studio.on('budget.low', ({ name, left }) => low.push([name, left]))
    await spendAll(studio, 1)
    vi.setSystemTime(start + dayMs)
    await spendAll(studio, 1)
    expect(low).toEqual([
      ['perDay', '0.03'],
      ['perDay', '0.03'],
    ])
  })

  it('counts what other processes have spent', async () => {
    const { studio, second } = createPair({ total: '1' })
    const low: unknown[] = []
    second.on('budget.low', ({ left }) => low.push(left))
    await spendAll(studio, 4)
    await spendAll(second, 1)
    expect(low).toEqual(['0.15'])
  })
})

describe('close', () => {
  it('gives back what this client was granted and did not use, and the next call opens it again', async () => {
    const { studio, second, store } = createPair({ total: '10' })
    const granted = async () => JSON.stringify((await store.get('budget'))?.value)
    await spendAll(studio, 3)
    await played(studio.close())
    const { spent } = (await studio.budget()).total ?? {}
    expect(spent).toBe('0.51')
    expect(await granted()).toContain('"510000"')
    await spendAll(studio, 1)
    await spendAll(second, 1)
    await played(Promise.all([studio.close(), second.close(), studio.close()]))
    expect(await second.budget()).toMatchObject({ total: { spent: '0.85', reserved: '0.00' } })
  })

  it('leaves running calls alone', async () => {
    const { studio } = createStudio({ limits: { total: '1' } })
    const running = studio.run(operation, input)
    await studio.close()
    expect((await played(running)).receipt?.usd).toBe('0.17')
    await played(studio.close())
    expect(await studio.budget()).toMatchObject({ total: { spent: '0.17', reserved: '0.00' } })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is nothing to a client that has paid nothing', async () => {
    const { studio } = createStudio({ wallet: undefined })
    expect(await studio.close()).toBeUndefined()
  })
})
