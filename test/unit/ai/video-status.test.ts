// The words of a status: a look by the AI SDK, which knows public values only, understands them as the client does.
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { expect, it } from 'vitest'
import { createVideoModel } from '../../../src/ai/video-model.ts'
import { StableStudioClient } from '../../../src/index.ts'
import { standingOf } from '../../../src/service/jobs.ts'

const wallet = privateKeyToAccount(generatePrivateKey())
const id = 'cjob1'

/** A look at a job without an asset, which has been as it is for long. */
async function lookAt(status: string) {
  const body = { id, status, createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z' }
  const client = new StableStudioClient({ wallet, fetch: async () => Response.json(body) })
  const model = createVideoModel(client, 'grok-video', new Map())
  return model.doStatus?.({ operation: { id } })
}

const told = {
  complete: { status: 'error', error: expect.stringContaining('names no video') },
  failed: { status: 'error', error: expect.stringContaining('The job failed.') },
  working: { status: 'pending' },
}

it.each([
  ...['complete', 'completed', 'succeeded', 'success', 'done', 'finished', 'DONE'],
  ...['failed', 'failure', 'error', 'cancelled', 'canceled', 'rejected', 'Failed'],
  ...['pending', 'loading', 'queued', 'processing', 'running', 'finalizing', 'incomplete', 'not failed', ''],
])('%j means the same to both', async (status) => {
  expect(await lookAt(status)).toMatchObject(told[standingOf({ id, status })])
})
