// A process that pays on Solana, and stops dead at a write of its store.
import { writeSync } from 'node:fs'
import { StableStudioClient } from '../../src/client.ts'
import { fileStore } from '../../src/entries/node.ts'
import { solana, solanaKey } from '../../src/entries/solana.ts'
import { type StopAt, stopping } from './stopping-store.ts'

export type SolanaOrder = {
  url: string
  secret: number[]
  folder: string
  prompt: string
  stopAt: StopAt
}

const { url, secret, folder, prompt, stopAt } = JSON.parse(process.env.ORDER ?? '') as SolanaOrder

const say = (line: unknown) => void writeSync(1, `${JSON.stringify(line)}\n`)
const sayStopped = () => say({ stopped: true })

const account = await solanaKey(Uint8Array.from(secret))
const studio = new StableStudioClient({
  payWith: [solana({ account })],
  store: stopping(fileStore(folder), stopAt, sayStopped),
  baseUrl: url,
  origin: url,
})
const job = await studio.submit(
  'gpt-image-1/generate',
  { prompt, quality: 'high' },
  { idempotencyKey: prompt },
)
say({ job: job.id })
