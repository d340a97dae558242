// What `recover` says of attempts that another process left between two writes, or still works on.
import { expect, it } from 'vitest'
import { recover } from '../../../src/actions/recover.ts'
import type { Delivery } from '../../../src/ledger/ledger.ts'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import { settleAs } from '../../../src/payment/settle.ts'
import { useTestClock } from '../../support/clock.ts'
import { callOf, createTill, job, openAttempt } from '../payment/kit.ts'

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
      key.startsWith('share/') && !state.booked ? Promise.reject(new Error('gone')) : store.set(key, ...rest),
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

it('gives no job to an attempt that another process works on: an equal one may have made it', async () => {
  const till = createTill()
  const alive = await openAttempt(till, { state: 'sent', inFlightUntil: Date.now() + 5_000 })
  till.service.jobs = [job('cjob1')]
  expect(await recover(till.context, callOf())).toMatchObject([{ outcome: 'still-open' }])
  expect(await till.context.ledger.ownerOfJob('cjob1')).toBeUndefined()
  expect((await till.context.ledger.find(alive.record.id))?.record.jobId).toBeUndefined()
})

it.each<[string, number]>([
  ['while it looks at the next one', 1],
  ['before it tells', 2],
])('tells again what it found before the store failed %s', async (_when, after) => {
  const base = memoryStore()
  const state = { settled: 0, failing: false }
  const store: PaymentStore = {
    ...base,
    async get(key) {
      if (state.failing && state.settled >= after) throw new Error('gone')
      return base.get(key)
    },
    async set(key, value, expected) {
      const done = await base.set(key, value, expected)
      if (key.startsWith('attempt/') && (value as { state?: string }).state === 'settled') state.settled += 1
      return done
    },
  }
  const till = createTill({ store })
  await openAttempt(till)
  await openAttempt(till)
  till.service.jobs = [job('cjob1'), job('cjob2')]
  state.failing = true
  await expect(recover(till.context, callOf())).rejects.toMatchObject({ code: 'store_failed' })
  state.failing = false
  const recoveries = await recover(
    createTill({ store, wallet: till.wallet, fetch: till.context.fetch }).context,
    callOf(),
  )
  expect(recoveries.map(({ job }) => job?.id).sort()).toEqual(['cjob1', 'cjob2'])
})

it('leaves to the next call what was settled while it told that it was open', async () => {
  const base = memoryStore()
  const dead = { now: false }
  const till = createTill({ store: base })
  const handle = await openAttempt(till, { state: 'sent', inFlightUntil: Date.now() + 5_000 })
  // Another process records the job, and dies before it books the amount.
  const store: PaymentStore = {
    ...base,
    async get(key) {
      const entry = await base.get(key)
      if (key === `attempt/${handle.record.id}` && !dead.now) {
        dead.now = true
        const settled = {
          ...(entry?.value as object),
          state: 'settled',
          jobId: 'cjob1',
          inFlightUntil: undefined,
        }
        await base.set(key, JSON.parse(JSON.stringify(settled)), entry?.version)
      }
      return entry
    },
  }
  const other = () => createTill({ store, wallet: till.wallet })
  expect(await recover(other().context, callOf())).toMatchObject([{ outcome: 'still-open' }])
  expect(await recover(other().context, callOf())).toMatchObject([
    { outcome: 'job-found', job: { id: 'cjob1' } },
  ])
})

it('leaves alone at once what another process works on', async () => {
  const till = createTill()
  const inFlightUntil = Date.now() + 5_000
  const started = Date.now()
  await openAttempt(till, { state: 'signed', sentAt: undefined, inFlightUntil })
  await openAttempt(till, { state: 'sent', inFlightUntil })
  const recoveries = await recover(till.context, callOf())
  expect(recoveries.map(({ outcome, attempt }) => `${attempt.state} ${outcome}`).sort()).toEqual([
    'sent still-open',
    'signed still-open',
  ])
  expect(Date.now()).toBe(started)
})

it.each([10, 40])(
  'reads the job list once, and little more than each record, for %i equal attempts',
  async (count) => {
    const base = memoryStore()
    let gets = 0
    const get: PaymentStore['get'] = (key) => {
      gets += 1
      return base.get(key)
    }
    const till = createTill({ store: { ...base, get } })
    for (let n = 0; n < count; n += 1) await openAttempt(till)
    till.service.jobs.push(...Array.from({ length: count }, (_, n) => job(`cjob${n}`)))
    gets = 0
    const recoveries = await recover(till.context, callOf())
    expect(new Set(recoveries.map((one) => one.job?.id)).size).toBe(count)
    expect(recoveries.every(({ outcome }) => outcome === 'job-found')).toBe(true)
    expect(till.sent.filter(({ path }) => path.startsWith('/api/jobs'))).toHaveLength(1)
    expect(gets / count).toBeLessThan(14)
  },
)
