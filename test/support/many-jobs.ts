// A service with many jobs of one wallet on the test's clock: what it lists a test decides, and what was asked it can see.
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { timingOf } from '../../src/catalogue/operations.ts'
import { StableStudioClient } from '../../src/client.ts'
import type { ClientOptions } from '../../src/config.ts'
import type { Job, Output } from '../../src/types.ts'
import { awaited, counted, playedExactly } from './clock.ts'
import { createJobService } from './job-service.ts'

export type ListedJob = Record<string, unknown> & { id: string; status: string }
export type ListPage = { items: ListedJob[]; nextCursor: string | null }

/** What is asked for, and the honest answer to it. */
export type Asked = { url: URL; count: number; page: ListPage; all: () => ListedJob[] }

/** Another answer than the honest one: a response, or the body of one. */
export type BendList = (asked: Asked) => Promise<Response | unknown> | Response | unknown

export type ManyJobsOptions = {
  count: number
  operation?: string
  /** Since each was made. */
  tookMs: (index: number) => number
  /** How long before the next one each was made. The last is made now. @default 0 */
  apartMs?: number
  /** Ends these as failed. */
  fails?: (index: number) => boolean
  list?: BendList
  /** Whether it takes only answers to its own challenges. */
  insists?: boolean
}

export type Request = { at: number; id: string | undefined }

export function createManyJobs(options: ManyJobsOptions) {
  const { count, operation = 'flux-2-max/generate', tookMs, list, apartMs = 0, insists = false } = options
  const createdAt = Date.now()
  const bornAt = (index: number) => createdAt - (count - 1 - index) * apartMs
  const doneAt = (index: number) => Math.max(createdAt, bornAt(index) + tookMs(index))
  // Signs in as that service does.
  const door = createJobService({ operation, tookMs: 0, insists })
  const jobs: Job[] = Array.from({ length: count }, (_, index) => ({
    ...door.job,
    id: `cjob${String(index).padStart(5, '0')}`,
    createdAt: new Date(bornAt(index)).toISOString(),
  }))
  const indexOf = new Map(jobs.map(({ id }, index) => [id, index]))
  const seen: Request[] = []
  let lists = 0

  function body(index: number): ListedJob {
    const done = Date.now() >= doneAt(index)
    const facts = {
      id: jobs[index]?.id ?? '',
      type: operation.replace('/', '-'),
      input: { prompt: `cat ${index}` },
      createdAt: new Date(bornAt(index)).toISOString(),
      updatedAt: new Date(bornAt(index)).toISOString(),
    }
    if (!done) return { ...facts, status: 'loading', progress: 10, error: null }
    if (options.fails?.(index)) return { ...facts, status: 'failed', progress: 0, error: 'moderated' }
    return { ...facts, status: 'complete', progress: 100, result: { imageUrl: urlOf(facts.id) }, error: null }
  }

  /** Newest first. */
  const all = () => jobs.map((_, index) => body(index)).reverse()

  function pageOf(url: URL): ListPage {
    const items = all()
    const limit = Math.min(100, Number(url.searchParams.get('limit') ?? 20))
    const cursor = url.searchParams.get('cursor')
    const from = cursor ? items.findIndex(({ id }) => id === cursor) + 1 : 0
    const shown = items.slice(from, from + limit)
    return { items: shown, nextCursor: from + limit < items.length ? (shown.at(-1)?.id ?? null) : null }
  }

  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const [, , , id] = url.pathname.split('/')
    seen.push({ at: Date.now() - createdAt, id })
    const entered = await door.fetch(request)
    if (entered.status !== 200) return entered
    if (id) return Response.json(body(indexOf.get(id) ?? -1))
    lists += 1
    const page = pageOf(url)
    const bent = list ? await list({ url, count: lists, page, all }) : page
    return bent instanceof Response ? bent : Response.json(bent)
  }

  const looks = () => seen.filter(({ id }) => id !== undefined)
  const listed = () => seen.filter(({ id }) => id === undefined)
  return { fetch: counted(fetch), jobs, seen, looks, listed, operation, doneAt }
}

/** A wallet that the clock waits for: it makes one proof in a turn of the event loop, and there may be a thousand. */
export function patientWallet(): PrivateKeyAccount {
  const account = privateKeyToAccount(generatePrivateKey())
  const signMessage: typeof account.signMessage = (given) =>
    awaited(async () => {
      const signature = await account.signMessage(given)
      for (let turns = 0; turns < 3; turns += 1) await new Promise((resolve) => setImmediate(resolve))
      return signature
    })
  return { ...account, signMessage }
}

export type ManyJobs = ReturnType<typeof createManyJobs>

export function urlOf(id: string): string {
  return `https://assets.example/${id}.png`
}

/** How a wait ended, and how long after its job did, ms. */
export type Ending = { output?: Output; error?: unknown; lagMs: number }

/** Waits for all jobs with as few clients as may wait for so many each. */
export async function waitForAll(
  service: ManyJobs,
  options: ClientOptions,
  { together = service.jobs.length, timeout = 900_000 } = {},
): Promise<Ending[]> {
  const clients: StableStudioClient[] = []
  const ended = (index: number) => Date.now() - service.doneAt(index)
  const waits = service.jobs.map((job, index) => {
    const at = Math.floor(index / together)
    clients[at] ??= new StableStudioClient({ fetch: service.fetch, ...options })
    return clients[at].wait(job, { timeout }).then(
      (output): Ending => ({ output, lagMs: ended(index) }),
      (error: unknown): Ending => ({ error, lagMs: ended(index) }),
    )
  })
  return playedExactly(Promise.all(waits))
}

/** The most by which any window as long as the published interval holds more than two requests for each job. */
export function excessOf({ seen, jobs, operation }: ManyJobs): number {
  const windowMs = timingOf(operation).pollSeconds * 1000
  let [first, most] = [0, 0]
  for (const [index, { at }] of seen.entries()) {
    while ((seen[first]?.at ?? at) <= at - windowMs) first += 1
    most = Math.max(most, index - first + 1)
  }
  return Math.max(0, most - 2 * jobs.length)
}

export function mean(endings: readonly Ending[]): number {
  return endings.reduce((sum, { lagMs }) => sum + lagMs, 0) / endings.length
}
