// A process that dies, or stalls, at any of its writes: another one on its store pays for nothing twice.

import { type Json, memoryStore, StableStudioClient } from 'stablestudio'
import { describe, expect, it, vi } from 'vitest'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, createStudio, input, operation } from '../support/studio.ts'

useTestClock()

const options = { idempotencyKey: 'order-1' }

/** A store whose process dies at the n-th write: it and everything after never happens. */
function dyingAt(write: number, store = memoryStore()) {
  let writes = 0
  const dead = () => new Promise<never>(() => {})
  const alive = () => writes < write
  return {
    ...store,
    get: (key: string) => (alive() ? store.get(key) : dead()),
    set: (...parameters: Parameters<typeof store.set>) => {
      writes += 1
      return alive() ? store.set(...parameters) : dead()
    },
  }
}

describe('a process that dies at any of its writes', () => {
  it.each(Array.from({ length: 14 }, (_, at) => at + 1))(
    'after the first process died at its write %i: one settlement, one job',
    async (write) => {
      const store = memoryStore()
      const { wallet, sandbox } = createStudio({ store })
      const dying = new StableStudioClient({
        wallet,
        store: dyingAt(write, store),
        fetch: counted(sandbox.fetch),
      })
      dying.submit(operation, input, options).catch(() => {})
      await pass(2_000)
      const second = new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) })
      const job = await played(second.submit(operation, input, options))
      expect(sandbox.settlements()).toHaveLength(1)
      expect(sandbox.jobs().map(({ id }) => id)).toEqual([job.id])
      await pass(400_000)
      await played(second.recover())
      const states = (await all(second.payments())).map(({ state }) => state)
      expect(states.filter((state) => state === 'settled')).toHaveLength(1)
      expect(states.filter((state) => state !== 'settled' && state !== 'released')).toEqual([])
    },
  )

  it.each(Array.from({ length: 8 }, (_, at) => at + 1))(
    'after a process without a key died at its write %i: what was paid for is handed out',
    async (write) => {
      const store = memoryStore()
      const { wallet, sandbox } = createStudio({ store })
      const dying = new StableStudioClient({
        wallet,
        store: dyingAt(write, store),
        fetch: counted(sandbox.fetch),
      })
      dying.submit(operation, input).catch(() => {})
      await pass(20_000)
      const second = new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) })
      const recoveries = await played(second.recover())
      const handedOut = recoveries.flatMap(({ job }) => (job ? [job.id] : []))
      expect(handedOut).toEqual(sandbox.jobs().map(({ id }) => id))
      expect(sandbox.settlements()).toHaveLength(handedOut.length)
      expect(await played(second.recover())).toEqual([])
    },
  )
})

describe('a process that stalls between signing and sending', () => {
  it('does not send what another one has taken over and sent', async () => {
    const store = memoryStore()
    const { wallet, sandbox } = createStudio({ store })
    const other = new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) })
    let taken: Promise<unknown> | undefined
    const stalling = {
      ...store,
      async set(key: string, value: Json, expected: string | undefined) {
        if (JSON.stringify(value).includes('"state":"sent"') && !taken) {
          vi.setSystemTime(Date.now() + 20_000)
          taken = other.submit(operation, input, options)
          await taken
        }
        return store.set(key, value, expected)
      },
    }
    const stalled = new StableStudioClient({ wallet, store: stalling, fetch: counted(sandbox.fetch) })
    const job = await played(stalled.submit(operation, input, options))
    expect(await taken).toEqual(job)
    expect(sandbox.requests().filter(({ paid }) => paid)).toHaveLength(1)
    expect(sandbox.jobs()).toHaveLength(1)
  })
})
