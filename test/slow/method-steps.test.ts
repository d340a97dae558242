// {MPP and Solana} × {every step of a payment} × {every way to fail}: one transfer at most, and what was paid for is reached.
import { describe, expect, it } from 'vitest'
import type { StableStudioClient } from '../../src/client.ts'
import type { Sandbox } from '../../src/entries/sandbox.ts'
import type { Fault } from '../../src/sandbox/wire/fault-types.ts'
import { pass, played, useTestClock } from '../support/clock.ts'
import { createSolanaStudio } from '../support/solana.ts'
import { all, failure, input, operation } from '../support/studio.ts'
import { createTempoStudio } from '../support/tempo.ts'
import { named, onPayment, ways } from '../support/ways.ts'

useTestClock()

/** The job is made without a payment: the service's own loss, and nothing to pay again. */
const free = ['settlement-failed']

type Way = { studio: StableStudioClient; sandbox: Sandbox; signed: () => number }
type Method = {
  name: string
  create: () => Way | Promise<Way>
  faults: Partial<Fault>[]
  deadAfterMs: number
}

const methods: Method[] = [
  {
    name: 'MPP',
    create() {
      const { studio, sandbox, signed } = createTempoStudio()
      return { studio, sandbox, signed: () => signed.transactions.length }
    },
    faults: [...onPayment, { kind: 'rejected' }],
    deadAfterMs: 90_000,
  },
  {
    name: 'Solana',
    async create() {
      const { studio, sandbox, signed } = await createSolanaStudio()
      return { studio, sandbox, signed: () => signed.payments.length }
    },
    faults: onPayment,
    deadAfterMs: 250_000,
  },
]

describe.each(methods)('paying by $name,', ({ create, faults, deadAfterMs }) => {
  describe('a fault on the request that pays', () => {
    it.each(named(faults))(
      '%s once: one transfer, and the job is reached by the call',
      async (_name, fault) => {
        const { studio, sandbox, signed } = await create()
        sandbox.faults.add({ step: 'pay', kind: 'slow', times: 1, ...fault })
        const image = await played(studio.run(operation, input))
        expect(image.kind).toBe('image')
        expect(signed()).toBe(1)
        expect(sandbox.settlements()).toHaveLength(free.includes(fault.kind ?? '') ? 0 : 1)
        expect(sandbox.jobs()).toHaveLength(1)
        expect(await all(studio.payments())).toMatchObject([{ state: 'settled', jobId: image.jobId }])
      },
    )

    it.each(named(faults.filter(({ kind }) => kind !== 'wrong-type')))(
      '%s for ever: never signed twice, and recover() closes it',
      async (_name, fault) => {
        const { studio, sandbox, signed } = await create()
        sandbox.faults.add({ step: 'pay', kind: 'slow', ...fault, times: Number.POSITIVE_INFINITY })
        sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
        const error = await played(failure(studio.run(operation, input, { timeout: 70_000 })))
        // An answer that was cut may have its receipt all the same.
        const payment = fault.kind === 'truncated' ? 'settled' : 'unknown'
        expect(error).toMatchObject({ payment, safeToRetry: false, phase: 'pay' })
        sandbox.faults.clear()
        await pass(deadAfterMs)
        const [recovery] = await played(studio.recover())
        const made = sandbox.jobs().length
        expect(recovery).toMatchObject(
          made > 0
            ? { outcome: 'job-found', attempt: { state: 'settled' } }
            : { outcome: 'released', attempt: { state: 'released' } },
        )
        if (recovery?.job) expect((await played(studio.wait(recovery.job))).kind).toBe('image')
        expect(signed()).toBe(1)
        expect(sandbox.settlements()).toHaveLength(made > 0 && !free.includes(fault.kind ?? '') ? 1 : 0)
        expect(await played(studio.recover())).toEqual([])
      },
    )
  })

  describe.each(['quote', 'poll', 'list', 'output'] as const)('a fault on a %s request', (step) => {
    it.each(named(ways))('%s once costs nothing twice', async (_name, fault) => {
      const { studio, sandbox, signed } = await create()
      sandbox.faults.add({ step, kind: 'slow', times: 1, ...fault })
      const paid = await played(
        studio
          .run(operation, input)
          .then((image) => image.bytes())
          .catch((error) => error),
      )
      expect(sandbox.settlements().length).toBeLessThanOrEqual(1)
      expect(signed()).toBe(sandbox.settlements().length)
      if (step !== 'quote') expect(sandbox.settlements()).toHaveLength(1)
      if (step === 'poll' || step === 'list') expect(paid).toBeInstanceOf(Uint8Array)
    })
  })
})
