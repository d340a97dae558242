// Processes that are killed while they pay by MPP: the next one with the same key never brings a second transfer about.
import { join } from 'node:path'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { type MppMode, mpp, tempoNetwork } from '../../src/entries/mpp.ts'
import { fileStore } from '../../src/entries/node.ts'
import { createSandbox, type SandboxServer } from '../../src/entries/sandbox.ts'
import { isStableStudioError } from '../../src/errors.ts'
import { useFolders } from '../support/folder.ts'
import type { MppOrder } from '../support/payer-mpp.ts'
import { bundlePayer, startPayer } from '../support/processes.ts'
import { all, operation } from '../support/studio.ts'

/** Writes of one submission, from the reservation to the booking. */
const writes = 9

const makeFolder = useFolders()
const sandbox = createSandbox({ speed: 1_000 })
let server: SandboxServer
let payer: string

beforeAll(async () => {
  server = await sandbox.listen()
  payer = await bundlePayer(await makeFolder(), 'payer-mpp.ts')
}, 120_000)
afterAll(() => server.close())

/** Kills a process at that moment, then pays with a second client, here. */
async function killAndFollow(mode: MppMode, stopAt: MppOrder['stopAt'], timeout: number) {
  const privateKey = generatePrivateKey()
  const account = privateKeyToAccount(privateKey)
  sandbox.fund(account.address, '1', tempoNetwork)
  const folder = join(await makeFolder(), 'store')
  const prompt = `${mode} ${JSON.stringify(stopAt)}`
  const first = startPayer(payer, { url: server.url, privateKey, folder, prompt, mode, stopAt })
  await first.says('stopped')
  await first.kill()
  expect(first.said, prompt).toContainEqual({ stopped: true })
  const where = { baseUrl: server.url, origin: server.url }
  const payWith = [mpp({ account, rpcUrl: `${server.url}/rpc/tempo`, mode })]
  const second = new StableStudioClient({ payWith, store: fileStore(folder), ...where })
  const call = second.submit(operation, { prompt, quality: 'high' }, { idempotencyKey: prompt, timeout })
  const outcome = await call.then(
    (job) => job.id,
    (error: unknown) => (isStableStudioError(error) ? error.code : String(error)),
  )
  const settlements = sandbox.settlements().filter(({ from }) => from === account.address)
  const jobs = sandbox.jobs().filter(({ owner }) => owner === account.address)
  return { prompt, outcome, settlements, jobs, attempts: await all(second.payments()) }
}

const everyWrite = Array.from({ length: 2 * writes }, (_, at) => ({
  write: Math.floor(at / 2) + 1,
  when: at % 2 ? ('after' as const) : ('before' as const),
}))

describe('a process that is killed while it pays by MPP', () => {
  it('by pull is followed by one that pays for nothing twice', async () => {
    const ends = await Promise.all(everyWrite.map((stopAt) => killAndFollow('pull', stopAt, 240_000)))
    for (const { prompt, outcome, settlements, jobs } of ends) {
      expect(settlements, prompt).toMatchObject([{ jobId: outcome }])
      expect(jobs, prompt).toMatchObject([{ id: outcome }])
    }
  }, 300_000)

  it('by push is followed by one that either claims the transfer or leaves it open', async () => {
    const moments: MppOrder['stopAt'][] = [...everyWrite, 'sending', 'sent']
    const ends = await Promise.all(moments.map((stopAt) => killAndFollow('push', stopAt, 20_000)))
    for (const { prompt, outcome, settlements, jobs, attempts } of ends) {
      const open = outcome === 'payment_unknown'
      expect(settlements.length, prompt).toBeLessThanOrEqual(1)
      expect(jobs.length, prompt).toBe(open ? 0 : 1)
      if (!open) expect(settlements, prompt).toMatchObject([{ jobId: outcome }])
      // What may have moved money is neither given back nor signed for again.
      if (open) expect(attempts, prompt).toMatchObject([{ state: expect.stringMatching(/^(sent|unknown)$/) }])
    }
    // Only a process that died between the announcement and the recorded hash leaves one open.
    const open = ends.filter(({ outcome }) => outcome === 'payment_unknown').map(({ prompt }) => prompt)
    expect(open.length).toBeGreaterThanOrEqual(2)
    expect(open.length).toBeLessThanOrEqual(5)
  }, 300_000)
})
