// A service like StableStudio on the router that the live one is built with: the routes are app code, the rest is real.
import { createRouter, HttpError, routerConfigFromEnv, type ServiceRouter } from '@agentcash/router'
import { z } from 'zod'
import type { FetchHandler } from './http.ts'
import { png } from './picture.ts'
import { addJob, addTicket, createStore, isFailed, type Store, showJob } from './store.ts'

/** What the router reads: EVM_PAYEE_ADDRESS, CDP_API_KEY_ID, …; see `RouterConfig` and its README. */
export type Environment = Record<string, string | undefined>

export type ServiceOptions = {
  env: Environment & { BASE_URL: string; EVM_PAYEE_ADDRESS: string }
  /** USD of a valid body. */
  price(operation: string, body: Record<string, unknown>): string
}

export type Service = {
  fetch: FetchHandler
  /** Handlers of paid routes throw until the returned function is called. */
  fail(status: number, message: string): () => void
  /** Handlers of paid routes wait until that many of them run at once. */
  gather(count: number): void
}

const aspects = [
  '1:1',
  '1:4',
  '1:8',
  '2:3',
  '3:2',
  '3:4',
  '4:1',
  '4:3',
  '4:5',
  '5:4',
  '8:1',
  '9:16',
  '16:9',
  '21:9',
]

/** stablestudio-api.md, 2.1. */
const nanoBanana = z.strictObject({
  prompt: z.string().min(1),
  aspectRatio: z.enum(aspects).default('1:1'),
  imageSize: z.enum(['512', '1K', '2K', '4K']).default('1K'),
  thinkingLevel: z.enum(['minimal', 'high']).default('minimal'),
})

/** stablestudio-api.md, 2.16. */
const mediaTypes = [
  ...['image/jpeg', 'image/jpg', 'image/png', 'image/gif', 'image/webp'],
  ...['video/mp4', 'video/webm', 'video/quicktime'],
  ...['audio/mpeg', 'audio/mp3', 'audio/wav', 'audio/x-wav', 'audio/mp4', 'audio/aac', 'audio/ogg'],
]

const ticketRequest = z.object({
  filename: z.string().min(1),
  contentType: z.enum(mediaTypes),
  size: z.number().optional(),
})

const confirmation = z.object({ uploadId: z.string(), blobUrl: z.url() })

const blobHost = 'https://wgunica1uhl5nijm.public.blob.vercel-storage.com'

export function createService(options: ServiceOptions): Service {
  const store = createStore()
  const router = createRouterLikeLive(options.env)
  let failure: HttpError | undefined
  let gate: { missing: number; opened: Promise<void>; open(): void } | undefined
  const begin = async () => {
    if (failure) throw failure
    if (!gate) return
    gate.missing -= 1
    if (gate.missing === 0) gate.open()
    await gate.opened
  }
  addGenerate(router, store, options, begin)
  addJobs(router, store)
  addUpload(router, store, options, begin)
  return {
    fetch: (request) => hosted(router, store, request),
    fail(status, message) {
      failure = new HttpError(message, status)
      return () => {
        failure = undefined
      }
    },
    gather(count) {
      let open = () => {}
      const opened = new Promise<void>((resolve) => {
        open = resolve
      })
      gate = { missing: count, opened, open }
    },
  }
}

/** From an environment, but with the payee spelled as it is configured: the live service does not lower-case it. */
function createRouterLikeLive(env: ServiceOptions['env']): ServiceRouter {
  const config = routerConfigFromEnv({
    env,
    title: 'StableStudio',
    description: 'Images and videos, paid per call.',
    guidance: '',
  })
  const payTo = env.EVM_PAYEE_ADDRESS
  const respelled = config.x402?.accepts?.map((accept) =>
    accept.network.startsWith('eip155:') ? { ...accept, payTo } : accept,
  )
  return createRouter({
    ...config,
    payeeAddress: payTo,
    x402: { ...config.x402, ...(respelled && { accepts: respelled }) },
    ...(config.mpp && { mpp: { ...config.mpp, recipient: payTo } }),
  })
}

function addGenerate(
  router: ServiceRouter,
  store: Store,
  { price }: ServiceOptions,
  begin: () => Promise<void>,
): void {
  const operation = 'nano-banana/generate'
  router
    .route(`generate/${operation}`)
    .paid((body) => price(operation, body as Record<string, unknown>), { maxPrice: '10.00' })
    .body(nanoBanana)
    .description(
      'generate with Nano Banana Returns an async job with a pollUrl. Poll the returned pollUrl with SIWX until the job is complete or failed.',
    )
    .handler(async ({ body, wallet, request }) => {
      await begin()
      const error = body.prompt.includes('moderated-content')
        ? 'Prediction failed: The input or output was flagged as sensitive (E005). Please try again with different inputs.'
        : undefined
      const input = { ...body, model: 'nano-banana' }
      const job = addJob(store, { type: 'nano-banana-generate', owner: wallet ?? '', input, error })
      const pollUrl = `${new URL(request.url).origin}/api/jobs/${job.id}`
      return { success: true, jobId: job.id, status: 'pending', type: job.type, pollUrl }
    })
}

function addJobs(router: ServiceRouter, store: Store): void {
  const own = (id: string | undefined, wallet: string | null) => {
    const job = store.jobs.get(id ?? '')
    if (!job) throw new HttpError('Job not found', 404)
    if (job.owner !== wallet) throw new HttpError('Unauthorized', 403)
    return job
  }
  router
    .route({ path: 'jobs/{jobId}', method: 'GET' })
    .siwx()
    .description('Poll a job')
    .handler(async ({ params, wallet, request }) =>
      showJob(own(params.jobId, wallet), new URL(request.url).origin),
    )
  router
    .route({ path: 'jobs/{jobId}', method: 'DELETE' })
    .siwx()
    .description('Delete a failed job')
    .handler(async ({ params, wallet }) => {
      const job = own(params.jobId, wallet)
      if (!isFailed(job)) throw new HttpError('Only failed jobs can be deleted', 400)
      store.jobs.delete(job.id)
      return { success: true }
    })
  router
    .route({ path: 'jobs', method: 'GET' })
    .siwx()
    .description('List jobs')
    .handler(async ({ wallet, request }) => listJobs(store, wallet, new URL(request.url)))
}

function listJobs(store: Store, wallet: string | null, { origin, searchParams }: URL) {
  const limit = Number(searchParams.get('limit') ?? 20)
  const status = searchParams.get('status')
  const mine = [...store.jobs.values()]
    .filter((job) => job.owner === wallet)
    .map((job) => showJob(job, origin))
    .filter((job) => !status || job.status === status)
    .reverse()
  const after = mine.findIndex((job) => job.id === searchParams.get('cursor')) + 1
  const items = mine.slice(after, after + limit)
  return { items, nextCursor: after + limit < mine.length ? (items.at(-1)?.id ?? null) : null }
}

function addUpload(
  router: ServiceRouter,
  store: Store,
  { env }: ServiceOptions,
  begin: () => Promise<void>,
): void {
  router
    .route('upload')
    .paid('0.01')
    .body(ticketRequest)
    .description('Create an upload ticket for a media file')
    .handler(async ({ body, wallet }) => {
      await begin()
      const { filename, contentType } = body
      const ticket = addTicket(store, { owner: wallet ?? '', filename, contentType })
      const expiresAt = new Date(Date.now() + 300_000).toISOString()
      const { id: uploadId, token: clientToken, pathname } = ticket
      const curlExample = `curl -X PUT "${env.BASE_URL}/api/blob/?pathname=${encodeURIComponent(pathname)}"`
      return { uploadId, clientToken, pathname, expiresAt, curlExample }
    })
  router
    .route('upload/confirm')
    .siwx()
    .body(confirmation)
    .description('Confirm an upload')
    .handler(async ({ body, wallet }) => {
      const ticket = store.tickets.get(body.uploadId)
      if (!ticket) throw new HttpError('Upload not found', 404)
      if (ticket.owner !== wallet) throw new HttpError('Unauthorized', 403)
      if (ticket.blobUrl !== body.blobUrl) throw new HttpError('Blob not found', 400)
      const { id, filename, contentType: mediaType, blobUrl } = ticket
      return { success: true, upload: { id, blobUrl, filename, mediaType } }
    })
}

/** What surrounds the router: files and blobs of other hosts, and 405 for a wrong method, as Next's file routes give it. */
async function hosted(router: ServiceRouter, store: Store, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname.startsWith('/generated/')) return servePicture(store, pathname)
  if (pathname.startsWith('/api/blob')) return putBlob(store, request)
  const methods = methodsOf(unescaped(pathname))
  if (methods && ![...methods, 'OPTIONS'].includes(request.method)) {
    return new Response(null, { status: 405, headers: { allow: methods.join(', ') } })
  }
  return router.fetch(request)
}

/** Hosting reads escaped letters as the router does. */
function unescaped(pathname: string): string {
  try {
    return decodeURI(pathname)
  } catch {
    return pathname
  }
}

function methodsOf(pathname: string): string[] | undefined {
  if (pathname === '/api/jobs') return ['GET']
  if (/^\/api\/jobs\/[^/]+$/.test(pathname)) return ['GET', 'DELETE']
  const isPost = ['/api/generate/nano-banana/generate', '/api/upload', '/api/upload/confirm'].includes(
    pathname,
  )
  return isPost ? ['POST'] : undefined
}

function servePicture(store: Store, pathname: string): Response {
  const job = [...store.jobs.values()].find(({ path }) => path === pathname)
  const isThere = job !== undefined && !job.error && Date.now() >= job.endsAt
  return isThere
    ? new Response(png, { headers: { 'content-type': 'image/png' } })
    : new Response('Not found', { status: 404 })
}

async function putBlob(store: Store, request: Request): Promise<Response> {
  const token = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
  const ticket = [...store.tickets.values()].find((one) => one.token === token)
  const pathname = new URL(request.url).searchParams.get('pathname')
  if (!ticket || ticket.pathname !== pathname) return Response.json({ error: {} }, { status: 403 })
  await request.arrayBuffer()
  const url = `${blobHost}/${ticket.pathname.split('/').map(encodeURIComponent).join('/')}`
  ticket.blobUrl = url
  const { contentType } = ticket
  return Response.json({ url, downloadUrl: `${url}?download=1`, pathname, contentType })
}
