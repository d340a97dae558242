// From method, host and path to the handler, and to the step that faults name.
import { isLocal } from '../../internal/url.ts'
import { serveEvmRpc } from '../chains/evm-rpc.ts'
import { serveSolanaRpc } from '../chains/solana-rpc.ts'
import { serveTempoRpc } from '../chains/tempo-rpc.ts'
import { serveAsset } from '../media/assets.ts'
import { isPaid, servePaid } from '../payment/pay.ts'
import type { Twist } from '../payment/route.ts'
import { assetHost } from '../state/jobs.ts'
import type { World } from '../state/world.ts'
import type { FaultStep } from '../wire/fault-kinds.ts'
import { type Answer, type Incoming, text } from '../wire/messages.ts'
import { jobIdOf, operationOf, pathOf } from '../wire/paths.ts'
import { generateRoute } from './generate.ts'
import { deleteJob, getJob, listJobs } from './job-routes.ts'
import { confirmUpload, putBlob, uploadRoute } from './uploads.ts'

const blobApiHost = 'vercel.com'

/** Whether the sandbox serves this URL. */
export function isKnownHost({ protocol, hostname, href }: URL): boolean {
  if (protocol === 'https:' && ['stablestudio.dev', assetHost, blobApiHost].includes(hostname)) return true
  return isLocal(href)
}

/** The step that a request belongs to; `undefined` if it has no faults. */
export function stepOf({ method, url, headers }: Incoming): FaultStep | undefined {
  const path = pathOf(url)
  if (isBlobPut(url)) return 'blob'
  if (isAsset(url)) return 'output'
  if (method === 'GET' && path === '/api/jobs') return 'list'
  if (method === 'GET' && jobIdOf(url) !== undefined) return 'poll'
  if (method !== 'POST') return undefined
  if (path === '/api/upload/confirm') return 'confirm'
  if (path !== '/api/upload' && operationOf(url) === undefined) return undefined
  if (!isPaid(headers)) return 'quote'
  return path === '/api/upload' ? 'upload' : 'pay'
}

/** Serves one request. */
export function route(world: World, incoming: Incoming, twist?: Twist): Promise<Answer> | Answer {
  const { url, method } = incoming
  if (isBlobPut(url)) return putBlob(world, incoming)
  if (isAsset(url)) return serveAsset(world.assets, incoming)
  if ([assetHost, blobApiHost].includes(url.hostname)) return text('Not found', 404)
  if (method === 'OPTIONS') return notFound(url)
  return serveApi(world, incoming, twist)
}

function serveApi(world: World, incoming: Incoming, twist: Twist | undefined): Promise<Answer> | Answer {
  const { url } = incoming
  const path = pathOf(url)
  const paid = path === '/api/upload' ? uploadRoute(world) : generateRoute(world, operationOf(url) ?? '')
  if (paid) return only(incoming, { POST: () => servePaid(world, paid, incoming, twist) })
  const jobId = jobIdOf(url)
  if (jobId !== undefined) {
    return only(incoming, {
      GET: () => getJob(world, incoming, jobId),
      DELETE: () => deleteJob(world, incoming, jobId),
    })
  }
  if (path === '/api/jobs') return only(incoming, { GET: () => listJobs(world, incoming) })
  if (path === '/api/upload/confirm') return only(incoming, { POST: () => confirmUpload(world, incoming) })
  if (path === '/rpc') return only(incoming, { POST: () => serveEvmRpc(world.chain, incoming) })
  if (path === '/rpc/solana') return only(incoming, { POST: () => serveSolanaRpc(world.solana, incoming) })
  if (path === '/rpc/tempo') return only(incoming, { POST: () => serveTempoRpc(world, incoming) })
  return notFound(url)
}

/** The handler of the request's method, or 405. */
function only(
  { method }: Incoming,
  handlers: Record<string, () => Promise<Answer> | Answer>,
): Promise<Answer> | Answer {
  const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined
  if (handler) return handler()
  return { status: 405, headers: { allow: Object.keys(handlers).join(', ') }, body: '' }
}

/** The only answer that carries CORS headers. */
function notFound({ href, origin }: URL): Answer {
  const answer = {
    success: false,
    code: 'route_not_found',
    error: 'Route not found. Rediscover this origin and retry with the current discovery document.',
    requestedUrl: href,
    discovery: { openapi: `${origin}/openapi.json`, llmsTxt: `${origin}/llms.txt` },
  }
  const headers = {
    'content-type': 'application/json',
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, POST, DELETE, PUT, PATCH, OPTIONS',
    'access-control-allow-headers':
      'Content-Type, Authorization, X-API-Key, SIGN-IN-WITH-X, X-Agent-Identity',
  }
  return { status: 404, headers, body: JSON.stringify(answer) }
}

/** Blobs and files have hosts of their own; a listening sandbox serves them next to the API. */
function isBlobPut({ protocol, hostname, pathname }: URL): boolean {
  return /^\/api\/blob\/?$/.test(pathname) && (hostname === blobApiHost || protocol === 'http:')
}

function isAsset({ protocol, hostname, pathname }: URL): boolean {
  return /^\/(generated|uploads)\//.test(pathname) && (hostname === assetHost || protocol === 'http:')
}
