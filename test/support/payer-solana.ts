// A process that pays on Solana, and stops dead at a write of its store.
import { writeSync } from 'node:fs'
import { StableStudioClient } from '../../src/client.ts'
import { fileStore } from '../../src/entries/node.ts'
import { solana, solanaKey } from '../../src/entries/solana.ts'
import type { PaymentStore } from '../../src/ledger/store.ts'

export type SolanaOrder = {
  url: string
  secret: number[]
  folder: string
  prompt: string
  stopAt: { write: number; when: 'before' | 'after' }
}

const { url, secret, folder, prompt, stopAt } = JSON.parse(process.env.ORDER ?? '') as SolanaOrder

function stop(): never {
  writeSync(1, `${JSON.stringify({ stopped: true })}\n`)
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

function stopping(store: PaymentStore): PaymentStore {
  let writes = 0
  const at = (write: number, when: 'before' | 'after') => stopAt.write === write && stopAt.when === when
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

const account = await solanaKey(Uint8Array.from(secret))
const studio = new StableStudioClient({
  payWith: [solana({ account })],
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
