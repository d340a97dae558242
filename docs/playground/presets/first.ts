import { StableStudioClient } from 'stablestudio'
import { indexedDbStore } from 'stablestudio/browser'
import { show, wallet } from './page.ts'

const studio = new StableStudioClient({ wallet, store: indexedDbStore() })
const picture = await studio.run(
  'grok/generate',
  { prompt: 'a lighthouse at dusk' },
  { idempotencyKey: 'order-1', timeout: 15_000 },
)
show(await picture.blob())
