// What waiting jobs cost: heap of a thousand, resident memory, and delays of the event loop while they are polled in
// real time. Parameters: subject, and `startMs`, the time over which the jobs are started. Needs --expose-gc.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { getHeapSpaceStatistics } from 'node:v8'
import { createAccount } from '../lib/account.ts'
import { createCannedFetch } from '../lib/canned.ts'
import { parameters, report } from '../lib/child.ts'
import { loadSubject } from '../lib/load.ts'
import { median } from '../lib/stats.ts'
import { pollEveryMs, type SubjectName } from '../lib/subject.ts'

const given = parameters<{ subject: SubjectName; startMs?: number; jobs?: number; windowMs?: number }>()
// Spread over one interval if nothing else is said, so that looks are spread as well.
const { startMs = pollEveryMs, jobs = 1_000, windowMs = 5_000 } = given
/** Started first, so that what is there once does not count. */
const warmUp = 50
const resolutionMs = 1

const { gc } = globalThis
if (!gc) throw new Error('Run with --expose-gc.')
const create = await loadSubject(given.subject)
let begun = 0
const fetch = await createCannedFetch({
  looks: Number.POSITIVE_INFINITY,
  delay: () => pause(10),
  onJob: () => {
    begun += 1
  },
})
const generate = create({ account: createAccount('real'), fetch })

await start(warmUp, 20)
const before = await heapAfterGc()
await start(jobs, startMs / jobs)
const delays = monitorEventLoopDelay({ resolution: resolutionMs })
delays.enable()
const resident: number[] = []
const end = Date.now() + windowMs
while (Date.now() < end) {
  await pause(250)
  resident.push(process.memoryUsage.rss())
}
delays.disable()
const heapPerJob = ((await heapAfterGc()) - before) / jobs
report({
  heapPerJob,
  rss: median(resident),
  delayP99: delays.percentile(99) / 1e6 - resolutionMs,
})
process.exit(0)

async function start(count: number, everyMs: number): Promise<void> {
  const goal = begun + count
  const first = performance.now()
  for (let started = 0; started < count; started += 1) {
    const early = first + started * everyMs - performance.now()
    if (early > 1) await pause(early)
    void generate().catch((error) => {
      throw error
    })
  }
  while (begun < goal) await pause(20)
  await pause(500)
}

/** Several collections, with turns between them in which finalizers run and requests under way come to an end. */
async function heapAfterGc(): Promise<number> {
  const seen: number[] = []
  for (let round = 0; round < 4; round += 1) {
    await pause(30)
    gc?.()
    seen.push(process.memoryUsage().heapUsed - largeObjects())
  }
  return Math.min(...seen)
}

/** Left out: the largest is the source of the loader that runs TypeScript here, which the runtime lets go at some time. */
function largeObjects(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'large_object_space')
  return space?.space_used_size ?? 0
}
