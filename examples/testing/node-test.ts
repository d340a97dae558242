import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { StableStudioClient } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

function setUp() {
  const wallet = privateKeyToAccount(generatePrivateKey())
  const sandbox = createSandbox({ instant: true })
  sandbox.fund(wallet.address, '5')
  return { sandbox, studio: new StableStudioClient({ wallet, fetch: sandbox.fetch }) }
}

test('a cover is a picture, paid once', async () => {
  const { sandbox, studio } = setUp()
  const cover = await studio.run('gpt-image-1.5/generate', { prompt: 'a lighthouse at dusk' })
  assert.ok((await cover.bytes()).length > 0)
  assert.equal(sandbox.settlements().length, 1)
})

test('fake timers need not be moved', async () => {
  mock.timers.enable()
  try {
    const { sandbox, studio } = setUp()
    await studio.run('veo-3.1-fast/generate', { prompt: 'waves on a beach' })
    assert.equal(sandbox.settlements().length, 1)
  } finally {
    mock.timers.reset()
  }
})
