// The Cloudflare worker: pays and collects on requests, settles on a schedule.
import { durableObjectStore } from './durable-object-store.ts'
import { collectPicture, createStudio, isAllowed, type Settings, settle, submitPicture } from './handlers.ts'

export { Payments } from './durable-object-store.ts'

type Env = Settings & { PAYMENTS: Parameters<typeof durableObjectStore>[0] }

const routes = new Map([
  ['POST /api/pictures', submitPicture],
  ['POST /api/collect', collectPicture],
])

/** Made for each invocation: a worker's connections do not outlive it. */
const studioOf = (env: Env) => createStudio(env, durableObjectStore(env.PAYMENTS))

// biome-ignore lint/style/noDefaultExport: workers are default exports
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const handler = routes.get(`${request.method} ${new URL(request.url).pathname}`)
    if (!handler) return new Response(null, { status: 404 })
    if (!isAllowed(request, env.API_TOKEN)) return new Response(null, { status: 401 })
    return handler(studioOf(env), request, env)
  },
  async scheduled(_event: unknown, env: Env): Promise<void> {
    await settle(studioOf(env))
  },
}
