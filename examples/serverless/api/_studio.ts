// The client of Vercel's functions, from their environment; not a function itself.
import { Redis } from 'ioredis'
import type { PaymentStore, StableStudioClient } from 'stablestudio'
import { fileStore } from 'stablestudio/node'
import { redisStore } from 'stablestudio/redis'
import { createStudio, isAllowed, type Settings } from '../handlers.ts'

const { PRIVATE_KEY = '', API_TOKEN = '', STUDIO_URL, WAIT_MS } = process.env
const { CRON_SECRET, REDIS_URL, PAYMENTS_FOLDER } = process.env
const settings: Settings = { PRIVATE_KEY, API_TOKEN, STUDIO_URL, WAIT_MS }

/** Functions have no disk that lasts: a folder is for a server of your own. */
function storeOf(): PaymentStore {
  if (REDIS_URL) return redisStore(new Redis(REDIS_URL))
  if (PAYMENTS_FOLDER) return fileStore(PAYMENTS_FOLDER)
  throw new Error('Set REDIS_URL: without a store that lasts, payments would be forgotten.')
}

const studio = createStudio(settings, storeOf())

type Handler = (studio: StableStudioClient, request: Request, settings: Settings) => Promise<Response>

/** Only for those who know a secret; the schedule has one of its own, which Vercel sends. */
export function guarded(handler: Handler, who: 'caller' | 'schedule' = 'caller') {
  const token = who === 'caller' ? API_TOKEN : CRON_SECRET
  return async (request: Request): Promise<Response> =>
    isAllowed(request, token) ? handler(studio, request, settings) : new Response(null, { status: 401 })
}
