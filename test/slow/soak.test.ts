// Two thousand generations on a service of which every fifth answer fails: the books balance to the atomic unit.
import { describe, expect, it, vi } from 'vitest'
import { isStableStudioError } from '../../src/errors.ts'
import type { FaultKind, FaultStep } from '../../src/sandbox/wire/fault-kinds.ts'
import { useTestClock } from '../support/clock.ts'
import { all, createStudio, operation, type Studio } from '../support/studio.ts'

useTestClock()

const generations = 2000
const atOnce = 100
const rate = 0.2

const anywhere: FaultKind[] = [
  'refused',
  'reset-before',
  'reset-after',
  'no-answer',
  'slow',
  'status',
  'status-after',
  'redirect',
  'html',
  'truncated',
  'wrong-type',
]
/** Without `settlement-failed`: there the service gives a job away, and no money moves. */
const onPayment: FaultKind[] = [...anywhere, 'settlement-failed-charged', 'rechallenge', 'rejected']
const steps: [FaultStep, FaultKind[]][] = [
  ['quote', anywhere],
  ['pay', onPayment],
  ['list', anywhere],
]

/** Of several faults the first that strikes counts, so the probabilities grow to make all equally frequent. */
function addFaults({ sandbox }: Studio): void {
  for (const [step, kinds] of steps) {
    const each = rate / kinds.length
    for (const [at, kind] of kinds.entries()) {
      const probability = each / (1 - each * at)
      sandbox.faults.add({ step, kind, probability, times: Number.POSITIVE_INFINITY, ms: 40_000 })
    }
  }
}

/**
 * Moves the clock until the promise has settled. Nothing here leaves the process, so a few turns of the event loop do
 * all work that is due, and no request has to be told apart from one that never ends.
 */
async function played<value>(promise: Promise<value>): Promise<value> {
  let settled = false
  const done = () => {
    settled = true
  }
  promise.then(done, done)
  while (!settled) {
    for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    await vi.advanceTimersByTimeAsync(settled ? 0 : 500)
  }
  return promise
}

const pass = (ms: number) => played(new Promise<void>((resolve) => setTimeout(resolve, ms)))

async function recoverAll({ studio }: Studio): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    const left = await played(studio.recover())
    if (left.every(({ outcome }) => outcome !== 'still-open')) return
    await pass(60_000)
  }
}

describe('a soak', () => {
  it(`of ${generations} generations with ${rate * 100} % faults loses and invents nothing`, async () => {
    const whole = createStudio({ limits: { total: '1000' } }, { seed: 11 })
    const { studio, sandbox, wallet } = whole
    sandbox.fund(wallet.address, '990')
    addFaults(whole)
    const outcomes: Record<string, number> = {}
    for (let done = 0; done < generations; done += atOnce) {
      const wave = Array.from({ length: atOnce }, async (_, at) => {
        // Every fourth has the same input as others of its wave.
        const prompt = at % 4 === 0 ? `equal ${done}` : `picture ${done + at}`
        const outcome = await studio
          .submit(operation, { prompt, quality: 'high' }, { timeout: 120_000 })
          .then(
            () => 'job',
            (error) => (isStableStudioError(error) ? error.code : String(error)),
          )
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      })
      await played(Promise.all(wave))
      if (done % 400 === 300) await played(studio.recover())
    }
    await recoverAll(whole)
    sandbox.faults.clear()
    await pass(400_000)
    await recoverAll(whole)
    expect(await played(studio.recover())).toEqual([])

    const attempts = await all(studio.payments())
    const settled = attempts.filter(({ state }) => state === 'settled')
    const settlements = sandbox.settlements()
    // Nothing is left open; whether any had to be proven dead is up to the faults that were drawn.
    expect(attempts.filter(({ state }) => !['settled', 'rejected', 'released'].includes(state))).toEqual([])
    expect(settled).toHaveLength(settlements.length)
    expect(new Set(settlements.map(({ nonce }) => nonce)).size).toBe(settlements.length)
    const jobs = settled.map(({ jobId }) => jobId).sort()
    expect(new Set(jobs).size).toBe(jobs.length)
    expect(jobs).toEqual(settlements.map(({ jobId }) => jobId).sort())
    expect(jobs).toEqual(
      sandbox
        .jobs()
        .map(({ id }) => id)
        .sort(),
    )
    const sum = settlements.reduce((total, { amount }) => total + BigInt(amount), 0n)
    expect(settled.reduce((total, { receipt }) => total + BigInt(receipt?.amount ?? 0), 0n)).toBe(sum)
    expect(atomic('1000.00') - atomic(sandbox.balance(wallet.address))).toBe(sum)
    // Every kind of trouble was met, and most generations came through all the same.
    expect(outcomes.job).toBeGreaterThan(generations * 0.7)
    expect(Object.keys(outcomes)).toContain('payment_rejected')
    expect(Object.values(outcomes).reduce((total, count) => total + count, 0)).toBe(generations)
  }, 120_000)
})

function atomic(usd: string): bigint {
  const [whole = '0', cents = ''] = usd.split('.')
  return BigInt(whole + cents.padEnd(6, '0'))
}
