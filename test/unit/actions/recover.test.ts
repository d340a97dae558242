// What `recover` says of attempts that another process left between two writes, or still works on.
import { expect, it } from 'vitest'
import { recover } from '../../../src/actions/recover.ts'
import type { Delivery } from '../../../src/ledger/ledger.ts'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import { settleAs } from '../../../src/payment/settle.ts'
import { pass, played, useTestClock } from '../../support/clock.ts'
import { callOf, createTill, openAttempt } from '../payment/kit.ts'

useTestClock()

it.each<[string, Delivery]>([
  ['job-found', { jobId: 'cjob1' }],
  ['written-off', {}],
])('is %s, as the record says, with a job only where there is one', async (outcome, delivery) => {
  const store = memoryStore()
  const state = { booked: true }
  const dying: PaymentStore = {
    ...store,
    set: (key, ...rest) =>
      key === 'spend' && !state.booked ? Promise.reject(new Error('gone')) : store.set(key, ...rest),
  }
  const till = createTill({ store: dying })
  const handle = await openAttempt(till)
  state.booked = false
  await settleAs(till.context, handle, delivery)
  state.booked = true
  const recoveries = await recover(till.context, callOf())
  expect(recoveries).toMatchObject([{ outcome, attempt: { state: 'settled' } }])
  expect(recoveries[0]?.job?.id).toBe(delivery.jobId)
  expect(await recover(till.context, callOf())).toEqual([])
})

it('leaves alone what was sent while it waited for the lease of an attempt that was only signed', async () => {
  const till = createTill()
  const inFlightUntil = Date.now() + 5_000
  const handle = await openAttempt(till, { state: 'signed', sentAt: undefined, inFlightUntil })
  const recovering = recover(till.context, callOf())
  await pass(1_000)
  const sentAt = new Date().toISOString()
  await handle.update({ state: 'unknown', sentAt, inFlightUntil: undefined })
  expect(await played(recovering)).toMatchObject([{ outcome: 'still-open', attempt: { state: 'unknown' } }])
})
