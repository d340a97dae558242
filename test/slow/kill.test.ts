// Processes that are killed while they pay: the next one with the same idempotencyKey ends with one settlement, one job.
import { join } from 'node:path'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { fileStore } from '../../src/entries/node.ts'
import { createSandbox, type SandboxServer } from '../../src/entries/sandbox.ts'
import { sqliteStore } from '../../src/entries/sqlite.ts'
import { useFolders } from '../support/folder.ts'
import type { Order } from '../support/payer.ts'
import { bundlePayer, startPayer } from '../support/processes.ts'
import { all, operation } from '../support/studio.ts'

const runs = 200
/** Writes of one submission, from the reservation to the booking; the first one on a store also makes the budget and pins the payee. */
const writesOf = (ownStore: boolean) => (ownStore ? 11 : 9)
const atOnce = 6

const makeFolder = useFolders()
const sandbox = createSandbox({ speed: 1_000, settleMs: 5 })
let server: SandboxServer
let payer: string
let shared: string

beforeAll(async () => {
  server = await sandbox.listen()
  payer = await bundlePayer(await makeFolder())
  shared = await makeFolder()
})
afterAll(() => server.close())

type Kill = { name: string; stopAt?: Order['stopAt']; delayMs?: number; ownStore: boolean; sqlite: boolean }

/** Every write, before and after, in turn with random moments on a store that all of those share. */
function planKills(): Kill[] {
  const random = seeded(7)
  return Array.from({ length: runs }, (_, at) => {
    const sqlite = at % 4 < 2
    if (at % 3 === 2) {
      const delayMs = random() * 120
      return { name: `${delayMs.toFixed(1)} ms after its start`, delayMs, ownStore: false, sqlite }
    }
    const ownStore = at % 2 === 0
    const step = (at - Math.floor(at / 3)) % (2 * writesOf(ownStore))
    const stopAt = { write: Math.floor(step / 2) + 1, when: step % 2 ? 'after' : 'before' } as const
    return { name: `${stopAt.when} write ${stopAt.write}`, stopAt, ownStore, sqlite }
  })
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

/** Kills the first process, then pays with a second client, here; tells what does not hold. */
async function runPair(
  kill: Kill,
  at: number,
  startTurn: <value>(work: () => Promise<value>) => Promise<value>,
) {
  const privateKey = generatePrivateKey()
  const wallet = privateKeyToAccount(privateKey)
  sandbox.fund(wallet.address, '1')
  const folder = kill.ownStore ? join(await makeFolder(), 'store') : shared
  const call = { prompt: `run ${at}`, idempotencyKey: `order ${at}` }
  const store = kill.sqlite ? { sqlite: `${folder}.db` } : { file: folder }
  const order: Order = { url: server.url, privateKey, store, calls: [call] }
  await startTurn(async () => {
    const first = startPayer(payer, { ...order, ...(kill.stopAt && { stopAt: kill.stopAt }) })
    await first.says(kill.stopAt ? 'stopped' : 'ready')
    await new Promise((resolve) => setTimeout(resolve, kill.delayMs ?? 0))
    await first.kill()
    if (kill.stopAt) expect(first.said, kill.name).toContainEqual({ stopped: true })
  })
  const where = { baseUrl: server.url, origin: server.url }
  const reopened = kill.sqlite ? sqliteStore(`${folder}.db`) : fileStore(folder)
  const second = new StableStudioClient({ wallet, store: reopened, ...where })
  const { idempotencyKey, prompt } = call
  const job = await second.submit(operation, { prompt, quality: 'high' }, { idempotencyKey })
  const mine = (owner: string) => owner.toLowerCase() === wallet.address.toLowerCase()
  expect(
    sandbox.settlements().filter(({ from }) => mine(from)),
    kill.name,
  ).toMatchObject([{ jobId: job.id }])
  expect(
    sandbox.jobs().filter(({ owner }) => mine(owner)),
    kill.name,
  ).toMatchObject([{ id: job.id }])
  const attempts = (await all(second.payments())).filter((one) => one.idempotencyKey === idempotencyKey)
  expect(
    attempts.filter(({ state }) => state === 'settled'),
    kill.name,
  ).toMatchObject([{ jobId: job.id }])
}

/** So many at a time. */
function createTurns(atMost: number) {
  let running = 0
  const waiting: (() => void)[] = []
  return async <value>(work: () => Promise<value>): Promise<value> => {
    if (running >= atMost) await new Promise<void>((resolve) => waiting.push(resolve))
    running += 1
    try {
      return await work()
    } finally {
      running -= 1
      waiting.shift()?.()
    }
  }
}

describe('a process that is killed while it pays', () => {
  it(`is followed by one that pays for nothing twice, ${runs} times`, async () => {
    const startTurn = createTurns(atOnce)
    const pairs = await Promise.allSettled(planKills().map((kill, at) => runPair(kill, at, startTurn)))
    expect(pairs.flatMap((pair) => (pair.status === 'rejected' ? String(pair.reason) : []))).toEqual([])
    expect(sandbox.settlements()).toHaveLength(runs)
    expect(sandbox.jobs()).toHaveLength(runs)
  }, 300_000)
})
