// A process that pays by MPP, and stops dead at a write of its store, or when its node is asked to send.
import { writeSync } from 'node:fs'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { StableStudioClient } from '../../src/client.ts'
import { type MppMode, mpp } from '../../src/entries/mpp.ts'
import { fileStore } from '../../src/entries/node.ts'
import type { PaymentStore } from '../../src/ledger/store.ts'

export type MppOrder = {
  url: string
  privateKey: Hex
  folder: string
  prompt: string
  mode: MppMode
  stopAt: { write: number; when: 'before' | 'after' } | 'sending' | 'sent'
}

const { url, privateKey, folder, prompt, mode, stopAt } = JSON.parse(process.env.ORDER ?? '') as MppOrder

function stop(): never {
  writeSync(1, `${JSON.stringify({ stopped: true })}\n`)
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

function stopping(store: PaymentStore): PaymentStore {
  let writes = 0
  const at = (write: number, when: 'before' | 'after') =>
    typeof stopAt === 'object' && stopAt.write === write && stopAt.when === when
  return {
    ...store,
    async set(key, value, expected) {
      writes += 1
      const write = writes
      if (at(write, 'before')) stop()
      const wrote = await store.set(key, value, expected)
      if (at(write, 'after')) stop()
      return wrote
    },
  }
}

const node: typeof fetch = async (input, init) => {
  const request = new Request(input, init)
  const { method } = JSON.parse(await request.clone().text())
  if (method === 'eth_sendRawTransactionSync' && stopAt === 'sending') stop()
  const response = await fetch(request)
  if (method === 'eth_sendRawTransactionSync' && stopAt === 'sent') stop()
  return response
}

const account = privateKeyToAccount(privateKey)
const studio = new StableStudioClient({
  payWith: [mpp({ account, rpcUrl: `${url}/rpc/tempo`, fetch: node, mode })],
  store: stopping(fileStore(folder)),
  baseUrl: url,
  origin: url,
})
const job = await studio.submit(
  'gpt-image-1/generate',
  { prompt, quality: 'high' },
  { idempotencyKey: prompt },
)
writeSync(1, `${JSON.stringify({ job: job.id })}\n`)
