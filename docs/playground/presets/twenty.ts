import { LimitExceededError, StableStudioClient } from 'stablestudio'
import { indexedDbStore } from 'stablestudio/browser'
import { show, wallet } from './page.ts'

// $0.01 each: the budget of the day is enough for ten of the twenty.
const limits = { perCall: '0.05', perDay: '0.10' }
const studio = new StableStudioClient({ wallet, store: indexedDbStore(), limits })

async function make(view: number) {
  const input = { prompt: `a lighthouse, view ${view}`, quality: 'low' } as const
  const picture = await studio.run('gpt-image-1.5/generate', input, { idempotencyKey: `view-${view}` })
  show(await picture.blob())
}

const views = Array.from({ length: 20 }, (_, at) => make(at + 1))
const results = await Promise.allSettled(views)
const failed = results.filter((result) => result.status === 'rejected')
const overLimit = failed.filter(({ reason }) => reason instanceof LimitExceededError)
console.log(`${results.length - failed.length} made, ${overLimit.length} refused by the limit`)
console.log(await studio.budget())
