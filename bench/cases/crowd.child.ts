// Many jobs that one process waits for, in real time: requests, CPU and lag. Parameters: `together`, how many of them
// each client waits for; below twenty, a client looks at each job alone.
import { setTimeout as pause } from 'node:timers/promises'
import { type Job, StableStudioClient } from 'stablestudio'
import { createAccount } from '../lib/account.ts'
import { parameters, report } from '../lib/child.ts'
import { origin } from '../lib/subject.ts'

const { together, jobs: count = 1_000 } = parameters<{ together: number; jobs?: number }>()
const operation = 'flux-2-pro/generate'
const typicalMs = 16_000
const latencyMs = 20

const startedAt = Date.now()
const createdAt = new Date(startedAt).toISOString()
const paid = { usd: '0.05', amount: '50000', network: 'eip155:8453', asset: '0x', payer: '0x', payTo: '0x' }
const receipt = { ...paid, settledAt: createdAt }
/** The last one is done, and on no page. */
const jobs = Array.from({ length: count + 1 }, (_, at): Job & { doneAt: number } => {
  const id = `ccrowd${String(at).padStart(19, '0')}`
  const pollUrl = `${origin}/api/jobs/${id}`
  return {
    id,
    operation,
    pollUrl,
    createdAt,
    attemptId: `att_${at}`,
    receipt,
    doneAt: at === count ? 0 : startedAt + tookMs(at),
  }
})
const places = new Map(jobs.map(({ id }, at) => [id, at]))
let requests = 0

/** The same for every run: evenly spread around the typical time. */
function tookMs(at: number): number {
  return typicalMs * (0.8 + (0.4 * ((at * 617) % count)) / count)
}

/** As the service shows a job at work, and one that is done: written before anything is measured. */
const shown = jobs.map(({ id }, at) => {
  const facts = {
    id,
    type: 'flux-2-pro-generate',
    input: { prompt: `cat ${at}` },
    createdAt,
    updatedAt: createdAt,
  }
  const done = { status: 'complete', progress: 100, result: { imageUrl: `https://assets.example/${id}.png` } }
  const atWork = { status: 'loading', progress: 10 }
  return [atWork, done].map((standing) => JSON.stringify({ ...facts, ...standing, error: null }))
})

function item(at: number): string {
  return shown[at]?.[Date.now() < (jobs[at]?.doneAt ?? 0) ? 0 : 1] ?? ''
}

/** Newest first. */
function page({ searchParams }: URL): string {
  const from = Number(searchParams.get('cursor') ?? 0)
  const to = Math.min(count, from + Number(searchParams.get('limit') ?? 20))
  const items = Array.from({ length: to - from }, (_, at) => item(count - 1 - from - at))
  return `{"items":[${items}],"nextCursor":${to < count ? `"${to}"` : null}}`
}

const fetch: typeof globalThis.fetch = async (input) => {
  const url = new URL(input instanceof Request ? input.url : input)
  requests += 1
  await pause(latencyMs)
  const at = places.get(url.pathname.split('/').at(-1) ?? '')
  const headers = { 'content-type': 'application/json', date: new Date().toUTCString() }
  return new Response(at === undefined ? page(url) : item(at), { headers })
}

const wallet = createAccount('real')
const clients = Array.from(
  { length: Math.ceil(count / together) },
  () => new StableStudioClient({ wallet, fetch }),
)
// What is loaded with the first call is not counted.
await new StableStudioClient({ wallet, fetch }).wait(jobs[count]?.id ?? '')
requests = 0
const before = process.cpuUsage()
const lags = await Promise.all(
  jobs.slice(0, count).map(async ({ doneAt, ...job }, at) => {
    await clients[Math.floor(at / together)]?.wait(job)
    return Date.now() - doneAt
  }),
)
const { user, system } = process.cpuUsage(before)
report({
  requests,
  cpuMs: (user + system) / 1000,
  lagMs: lags.reduce((sum, lag) => sum + lag, 0) / count,
})
process.exit(0)
