// The application's own state behind the routes: jobs and upload tickets, as the service's documents describe them.
import { randomBytes, randomUUID } from 'node:crypto'

export type StoredJob = {
  id: string
  type: string
  /** Lower case, as the router names wallets. */
  owner: string
  input: Record<string, unknown>
  createdAt: number
  endsAt: number
  error: string | undefined
  /** Path of the picture. */
  path: string
}

export type Ticket = {
  id: string
  owner: string
  filename: string
  contentType: string
  token: string
  pathname: string
  blobUrl: string | undefined
}

export type Store = { jobs: Map<string, StoredJob>; tickets: Map<string, Ticket> }

/** Jobs are quick here; nobody wants to wait for a picture of one pixel. */
const jobMs = 300

export function createStore(): Store {
  return { jobs: new Map(), tickets: new Map() }
}

export function addJob(
  { jobs }: Store,
  job: Pick<StoredJob, 'type' | 'owner' | 'input' | 'error'>,
): StoredJob {
  const now = Date.now()
  const id = `c${now.toString(36).padStart(8, '0')}${randomBytes(8).toString('hex')}`
  const stored = { ...job, id, createdAt: now, endsAt: now + jobMs, path: `/generated/${randomUUID()}.png` }
  jobs.set(id, stored)
  return stored
}

export function showJob(job: StoredJob, origin: string): Record<string, unknown> {
  const done = Date.now() >= job.endsAt
  const status = done ? (job.error ? 'failed' : 'complete') : 'pending'
  return {
    id: job.id,
    type: job.type,
    input: job.input,
    status,
    progress: status === 'complete' ? 100 : 0,
    ...(status === 'complete' && { result: { imageUrl: `${origin}${job.path}` } }),
    error: status === 'failed' ? job.error : null,
    createdAt: new Date(job.createdAt).toISOString(),
    updatedAt: new Date(done ? job.endsAt : job.createdAt).toISOString(),
  }
}

export function isFailed(job: StoredJob): boolean {
  return Date.now() >= job.endsAt && job.error !== undefined
}

export function addTicket(
  { tickets }: Store,
  ticket: Pick<Ticket, 'owner' | 'filename' | 'contentType'>,
): Ticket {
  const id = randomUUID()
  const pathname = `uploads/${randomUUID()}/${ticket.filename}`
  const token = `vercel_blob_client_${randomBytes(24).toString('hex')}`
  const stored = { ...ticket, id, token, pathname, blobUrl: undefined }
  tickets.set(id, stored)
  return stored
}
