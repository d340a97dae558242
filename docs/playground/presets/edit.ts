import { StableStudioClient } from 'stablestudio'
import { indexedDbStore } from 'stablestudio/browser'
import { file, show, wallet } from './page.ts'

const studio = new StableStudioClient({ wallet, store: indexedDbStore() })

// The bytes are uploaded first, for $0.01. The same bytes are paid for once.
const picture = await studio.run(
  'grok/edit',
  { prompt: 'the same at night', images: [file] },
  { idempotencyKey: 'order-2', timeout: 15_000 },
)
show(await picture.blob())
