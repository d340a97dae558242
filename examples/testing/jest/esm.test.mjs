import { jest } from '@jest/globals'
import { StableStudioClient } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

function setUp() {
  const wallet = privateKeyToAccount(generatePrivateKey())
  const sandbox = createSandbox({ instant: true })
  sandbox.fund(wallet.address, '5')
  return { sandbox, studio: new StableStudioClient({ wallet, fetch: sandbox.fetch }) }
}

afterEach(() => {
  jest.useRealTimers()
})

test('a cover is a picture, paid once', async () => {
  const { sandbox, studio } = setUp()
  const cover = await studio.run('gpt-image-1.5/generate', { prompt: 'a lighthouse at dusk' })
  expect((await cover.bytes()).length).toBeGreaterThan(0)
  expect(sandbox.settlements()).toHaveLength(1)
})

test('fake timers need not be moved', async () => {
  jest.useFakeTimers()
  const { sandbox, studio } = setUp()
  await studio.run('veo-3.1-fast/generate', { prompt: 'waves on a beach' })
  expect(sandbox.settlements()).toHaveLength(1)
})
