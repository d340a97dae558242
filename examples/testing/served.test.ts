import { StableStudioClient } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'

// Over HTTP and in real time: some six seconds.
test('another process needs the URL alone', { timeout: 30_000 }, async () => {
  const wallet = privateKeyToAccount(generatePrivateKey())
  const sandbox = createSandbox({ speed: 100 })
  sandbox.fund(wallet.address, '5')
  const server = await sandbox.listen()
  try {
    // In the other process: new StableStudioClient({ wallet, baseUrl: process.env.STUDIO_URL })
    const studio = new StableStudioClient({ wallet, baseUrl: server.url })
    const picture = await studio.run('grok/generate', { prompt: 'a lighthouse at dusk' })
    const bytes = Uint8Array.from(await picture.bytes())
    await studio.run('grok/edit', { prompt: 'at night', images: [bytes] })
    expect(sandbox.settlements().map(({ operation }) => operation)).toEqual([
      'grok/generate',
      'upload',
      'grok/edit',
    ])
  } finally {
    await server.close()
  }
})
