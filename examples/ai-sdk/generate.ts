// Two pictures by the AI SDK, paid for by a wallet: `npm run demo:ai-sdk`. With real money, leave the sandbox out.
import { mkdir, writeFile } from 'node:fs/promises'
import { generateImage } from 'ai'
import { createStableStudio, type StableStudioImageOptions } from 'stablestudio/ai'
import { createSandbox } from 'stablestudio/sandbox'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

const wallet = privateKeyToAccount(generatePrivateKey())
const sandbox = createSandbox({ speed: 5 })
sandbox.fund(wallet.address, '1')

const studio = createStableStudio({ wallet, limits: { perCall: '0.05', total: '1' }, fetch: sandbox.fetch })
const { images, warnings } = await generateImage({
  model: studio.image('gpt-image-1.5'),
  prompt: 'a lighthouse at dusk',
  n: 2,
  providerOptions: {
    stablestudio: {
      quality: 'low',
      idempotencyKey: 'order-7',
    } satisfies StableStudioImageOptions<'gpt-image-1.5'>,
  },
})

await mkdir('output', { recursive: true })
for (const [at, { uint8Array, providerMetadata }] of images.entries()) {
  await writeFile(`output/lighthouse-${at}.png`, uint8Array)
  process.stdout.write(`output/lighthouse-${at}.png ${JSON.stringify(providerMetadata?.stablestudio)}\n`)
}
process.stdout.write(`${warnings.length} warnings, ${sandbox.settlements().length} payments\n`)
