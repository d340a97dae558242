// A process that dies at any of its writes while it pays on Solana; the next one comes at once, or when it is too late to send.
import { memoryStore, StableStudioClient } from 'stablestudio'
import { solana } from 'stablestudio/solana'
import { describe, expect, it } from 'vitest'
import { pass, played, useTestClock } from '../support/clock.ts'
import { createSolanaStudio, paymentIn } from '../support/solana.ts'
import { all, input, operation } from '../support/studio.ts'

useTestClock()

const options = { idempotencyKey: 'order-1' }

/** A store whose process dies at the n-th write: it and everything after never happens. */
function dyingAt(write: number, store: ReturnType<typeof memoryStore>) {
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

const cases = [2_000, 60_000].flatMap((later) =>
  Array.from({ length: 12 }, (_, at) => [at + 1, later] as const),
)

describe('a process that dies while it pays on Solana', () => {
  it.each(cases)(
    'at its write %i, and is followed after %i ms: one transfer, one job',
    async (write, later) => {
      const store = memoryStore()
      const world = await createSolanaStudio()
      const { account, fetch, sandbox, requests } = world
      const clientOn = (on: typeof store) =>
        new StableStudioClient({ payWith: [solana({ account })], store: on, fetch })
      clientOn(dyingAt(write, store))
        .submit(operation, input, options)
        .catch(() => {})
      await pass(later)
      const sentBefore = requests.flatMap((one) => paymentIn(one)?.payload.transaction ?? [])
      const second = clientOn(store)
      const job = await played(second.submit(operation, input, { ...options, timeout: 300_000 }))
      expect(sandbox.settlements()).toMatchObject([{ jobId: job.id }])
      expect(sandbox.jobs().map(({ id }) => id)).toEqual([job.id])
      const sent = requests.flatMap((one) => paymentIn(one)?.payload.transaction ?? [])
      // What is older than fifteen seconds is never sent, again or for the first time.
      if (later > 15_000)
        for (const one of sent.slice(sentBefore.length)) expect(sentBefore).not.toContain(one)
      await pass(400_000)
      await played(second.recover())
      const states = (await all(second.payments())).map(({ state }) => state)
      expect(states.filter((state) => state === 'settled')).toHaveLength(1)
      expect(states.filter((state) => state !== 'settled' && state !== 'released')).toEqual([])
    },
  )

  it('signed, but never sent: its bytes are given up once they are old, and another payment is signed', async () => {
    const store = memoryStore()
    const { account, fetch, sandbox, requests, signed } = await createSolanaStudio()
    const clientOn = (on: typeof store) =>
      new StableStudioClient({ payWith: [solana({ account })], store: on, fetch })
    const stopping = {
      ...store,
      set: (...parameters: Parameters<typeof store.set>) =>
        JSON.stringify(parameters[1]).includes('"state":"sent"')
          ? new Promise<never>(() => {})
          : store.set(...parameters),
    }
    clientOn(stopping)
      .submit(operation, input, options)
      .catch(() => {})
    await pass(20_000)
    expect(signed.payments).toHaveLength(1)
    await played(clientOn(store).submit(operation, input, options))
    const sent = requests.flatMap((one) => paymentIn(one)?.payload.transaction ?? [])
    expect(sent).toHaveLength(1)
    expect(signed.payments).toHaveLength(2)
    expect(sandbox.settlements()).toHaveLength(1)
  })
})
