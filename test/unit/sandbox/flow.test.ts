// One generation from the price to the file, and what is left behind.
import { expect, test } from 'vitest'
import { buy, get, setup } from './kit.ts'

test('quote, pay, poll, download', async () => {
  const kit = setup({ seed: 7 })
  const paid = await buy(kit)
  expect(paid.status).toBe(200)
  const { jobId } = await paid.json()
  expect(kit.sandbox.balance(kit.wallet.address)).toBe('4.83')
  kit.sandbox.clock.advance(12_000)
  const job = await (await get(kit, `/api/jobs/${jobId}`)).json()
  expect(job.status).toBe('complete')
  const file = await kit.sandbox.fetch(job.result.imageUrl)
  expect(file.headers.get('content-type')).toBe('image/png')
})
