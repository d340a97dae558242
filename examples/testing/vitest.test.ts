import { StableStudioClient } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterEach, expect, test, vi } from 'vitest'

function setUp() {
  const wallet = privateKeyToAccount(generatePrivateKey())
  const sandbox = createSandbox({ instant: true })
  sandbox.fund(wallet.address, '5')
  return { sandbox, wallet, studio: new StableStudioClient({ wallet, fetch: sandbox.fetch }) }
}

afterEach(() => {
  vi.useRealTimers()
})

test('a cover is a picture, paid once', async () => {
  const { sandbox, wallet, studio } = setUp()
  const cover = await studio.run('gpt-image-1.5/generate', { prompt: 'a lighthouse at dusk' })
  expect(cover.kind).toBe('image')
  expect((await cover.bytes()).length).toBeGreaterThan(0)
  expect(sandbox.settlements()).toHaveLength(1)
  expect(Number(sandbox.balance(wallet.address))).toBeLessThan(5)
})

test('fake timers need not be moved', async () => {
  vi.useFakeTimers()
  const { sandbox, studio } = setUp()
  await studio.run('veo-3.1-fast/generate', { prompt: 'waves on a beach' })
  expect(sandbox.settlements()).toHaveLength(1)
})
