// Processes that are killed while they pay on Solana: the next one with the same key never brings a second transfer about.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { fileStore } from '../../src/entries/node.ts'
import { createSandbox, type SandboxServer } from '../../src/entries/sandbox.ts'
import { solana, solanaKey } from '../../src/entries/solana.ts'
import { isStableStudioError } from '../../src/errors.ts'
import { useFolders } from '../support/folder.ts'
import type { SolanaOrder } from '../support/payer-solana.ts'
import { bundlePayer, startPayer } from '../support/processes.ts'
import { secret } from '../support/solana-secret.ts'
import { operation } from '../support/studio.ts'

/** Writes of one submission, from the reservation to the booking. */
const writes = 9

const makeFolder = useFolders()
const sandbox = createSandbox({ speed: 1_000 })
let server: SandboxServer
let payer: string

beforeAll(async () => {
  server = await sandbox.listen()
  payer = await bundlePayer(await makeFolder(), 'payer-solana.ts')
}, 120_000)
afterAll(() => server.close())

/** Kills a process at that moment, then pays with a second client, here. */
async function killAndFollow(stopAt: SolanaOrder['stopAt']) {
  const bytes = await secret()
  const account = await solanaKey(bytes)
  sandbox.fund(account.address, '1')
  const folder = join(await makeFolder(), 'store')
  const prompt = JSON.stringify(stopAt)
  const first = startPayer(payer, { url: server.url, secret: [...bytes], folder, prompt, stopAt })
  await first.says('stopped')
  await first.kill()
  expect(first.said, prompt).toContainEqual({ stopped: true })
  const where = { baseUrl: server.url, origin: server.url }
  const second = new StableStudioClient({
    payWith: [solana({ account })],
    store: fileStore(folder),
    ...where,
  })
  const call = second.submit(
    operation,
    { prompt, quality: 'high' },
    { idempotencyKey: prompt, timeout: 240_000 },
  )
  const outcome = await call.then(
    (job) => job.id,
    (error: unknown) => (isStableStudioError(error) ? error.code : String(error)),
  )
  const settlements = sandbox.settlements().filter(({ from }) => from === account.address)
  const jobs = sandbox.jobs().filter(({ owner }) => owner === account.address)
  return { prompt, outcome, settlements, jobs }
}

const everyWrite = Array.from({ length: 2 * writes }, (_, at) => ({
  write: Math.floor(at / 2) + 1,
  when: at % 2 ? ('after' as const) : ('before' as const),
}))

describe('a process that is killed while it pays on Solana', () => {
  it('is followed by one that pays for nothing twice', async () => {
    const ends = await Promise.all(everyWrite.map(killAndFollow))
    for (const { prompt, outcome, settlements, jobs } of ends) {
      expect(settlements, prompt).toMatchObject([{ jobId: outcome }])
      expect(jobs, prompt).toMatchObject([{ id: outcome }])
    }
  }, 300_000)
})
