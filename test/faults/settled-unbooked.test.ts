// A process that dies between recording a job as paid and booking its amount: `recover` hands the job out, to its owner.
import { memoryStore, type PaymentStore, StableStudioClient } from 'stablestudio'
import { expect, it } from 'vitest'
import { counted, played, useTestClock } from '../support/clock.ts'
import { createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

/** A job that was paid for by a process that died at its next write, and the client of the next process. */
async function crashed() {
  const store = memoryStore()
  const state = { dead: false }
  const dying: PaymentStore = {
    ...store,
    async set(key, value, expected) {
      if (state.dead) throw new Error('dead')
      const done = await store.set(key, value, expected)
      state.dead = key.startsWith('attempt/') && (value as { state?: string }).state === 'settled'
      return done
    },
  }
  const { studio, sandbox, wallet } = createStudio({ store: dying })
  const job = await played(studio.submit(operation, input))
  const fetch = counted(sandbox.fetch)
  const clientOf = (origin = 'https://stablestudio.dev') =>
    new StableStudioClient({ wallet, store, fetch, origin, baseUrl: origin, limits: { total: '0.20' } })
  return { job, clientOf }
}

it.each<[string, (client: StableStudioClient) => Promise<unknown>]>([
  ['nothing else', async () => {}],
  ['a recover() of another attempt', (client) => client.recover({ attemptId: 'att_other' })],
  ['a payment that meets a limit', (client) => failure(client.submit(operation, { prompt: 'another' }))],
])('is recovered after %s, once', async (_name, meanwhile) => {
  const { job, clientOf } = await crashed()
  await played(meanwhile(clientOf()))
  const recoveries = await played(clientOf().recover())
  expect(recoveries).toMatchObject([{ outcome: 'job-found', job: { id: job.id } }])
  expect(await played(clientOf().recover())).toEqual([])
})

it('is not told to a client of another service, which would poll it there', async () => {
  const { job, clientOf } = await crashed()
  expect(await played(clientOf('https://test.example').recover())).toEqual([])
  expect(await played(clientOf().recover())).toMatchObject([{ job: { id: job.id } }])
})
