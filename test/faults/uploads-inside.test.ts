// Files inside a generation: their cent counts against what the call may cost, and is never paid for nothing.
import { describe, expect, it } from 'vitest'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { createStudio, failure } from '../support/studio.ts'

useTestClock()

const png = (last: number) => new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, last])
const edit = 'nano-banana/edit'
const spentBy = (settlements: readonly { amount: string }[]) =>
  settlements.reduce((sum, { amount }) => sum + Number(amount), 0)

describe('an upload that costs more than it is listed at', () => {
  const price = (operation: string) => (operation === 'upload' ? '0.0125' : undefined)

  it.each([
    ['0.011', 1, 0],
    ['0.0249', 2, 12_500],
  ])('never takes more than maxPrice: %s for %i files', async (maxPrice, files, spent) => {
    const { studio, sandbox } = createStudio({}, { price })
    const images = Array.from({ length: files }, (_, at) => png(at))
    const error = await played(failure(studio.run(edit, { prompt: 'x', images }, { maxPrice })))
    expect(error).toMatchObject({ code: 'price_above_max' })
    expect(spentBy(sandbox.settlements())).toBe(spent)
  })
})

it('a keyed generation whose job was lost says so, and uploads its files no second time', async () => {
  const { studio, sandbox } = createStudio({
    fetch: counted(async (target, init) => {
      const answer = await sandbox.fetch(target, init)
      const isList = new URL(String(target)).pathname.endsWith('/api/jobs')
      return isList && answer.status === 200 ? Response.json({ items: [] }) : answer
    }),
  })
  const call = () => {
    const options = { idempotencyKey: 'k', timeout: 60_000 }
    return played(failure(studio.submit(edit, { prompt: 'x', images: [png(1)] }, options)))
  }
  sandbox.faults.add({ step: 'pay', kind: 'receipt-status', status: 500 })
  expect(await call()).toMatchObject({ payment: 'settled' })
  await pass(3_600_000)
  expect(await played(studio.recover())).toMatchObject([{ outcome: 'written-off' }])
  expect(await call()).toMatchObject({ code: 'delivery_lost', payment: 'settled' })
  expect(sandbox.settlements()).toHaveLength(2)
})

it.each<[string, object, object, string]>([
  ['an offer over maxPrice', {}, { maxPrice: '0.02' }, 'price_above_max'],
  ['a limit', { limits: { total: '0.02' } }, {}, 'limit_total'],
])(
  'a generation that ends by %s after its upload says that the upload is paid',
  async (_, options, call, code) => {
    const { studio, sandbox } = createStudio(options)
    const error = await played(failure(studio.run(edit, { prompt: 'x', images: [png(1)] }, call)))
    expect(error).toMatchObject({
      code,
      payment: 'none',
      hint: expect.stringContaining('its uploads were ($0.01)'),
    })
    expect((error as Error).message).not.toContain('Nothing was')
    expect(sandbox.settlements()).toHaveLength(1)
  },
)
