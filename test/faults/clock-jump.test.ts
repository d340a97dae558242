// A clock that jumps a day between two payments: nothing is signed, and no day's limit begins anew.
import { expect, it, vi } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { memoryStore } from '../../src/ledger/store.ts'
import { counted, played, start, useTestClock } from '../support/clock.ts'
import { countingWallet } from '../support/hostile.ts'
import { failure, input, operation } from '../support/studio.ts'
import { auditOf } from '../unit/ledger/kit.ts'

useTestClock()

it.each([
  [1, false],
  [-1, false],
  [1, true],
  [-1, true],
])('by %i, with kept offers: %s', async (days, reuseOffers) => {
  const sandbox = createSandbox({ clock: { now: () => start + 1_000, advance: () => undefined } })
  const wallet = countingWallet()
  sandbox.fund(wallet.address, '10')
  const store = memoryStore()
  const studio = new StableStudioClient({
    wallet,
    store,
    fetch: counted(sandbox.fetch),
    limits: { perDay: '0.50' },
    reuseOffers,
  })
  await played(studio.submit(operation, input))
  const [signed, before] = [wallet.signed.payments.length, await auditOf(store)]
  vi.setSystemTime(Date.now() + days * 24 * 3_600_000)
  for (let n = 0; n < 2; n += 1) {
    expect(await played(failure(studio.submit(operation, { ...input, prompt: `again ${n}` })))).toMatchObject(
      {
        code: 'clock_skewed',
        payment: 'none',
        message: expect.stringContaining('clock'),
      },
    )
  }
  expect(wallet.signed.payments).toHaveLength(signed)
  expect(await auditOf(store)).toEqual(before)
})
