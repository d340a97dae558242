import { StableStudioClient } from 'stablestudio'
import { indexedDbStore } from 'stablestudio/browser'
import { show, wallet } from './page.ts'

const studio = new StableStudioClient({ wallet, store: indexedDbStore() })
const prompt = 'a lighthouse at dusk'

// A quote signs nothing and pays nothing.
for (const quality of ['low', 'medium', 'high'] as const) {
  const { usd } = await studio.quote('gpt-image-1.5/generate', { prompt, quality })
  console.log(quality, `$${usd}`)
}

// This pays exactly what was quoted.
const quote = await studio.quote('grok/generate', { prompt })
console.log('grok', `$${quote.usd}`)
const job = await studio.submit(quote, { idempotencyKey: 'order-3' })
const picture = await studio.wait(job)
show(await picture.blob())
