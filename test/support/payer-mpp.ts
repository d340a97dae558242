// A process that pays by MPP, and stops dead at a write of its store, or when its node is asked to send.
import { writeSync } from 'node:fs'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { StableStudioClient } from '../../src/client.ts'
import { type MppMode, mpp } from '../../src/entries/mpp.ts'
import { fileStore } from '../../src/entries/node.ts'
import { type StopAt, stopDead, stopping } from './stopping-store.ts'

export type MppOrder = {
  url: string
  privateKey: Hex
  folder: string
  prompt: string
  mode: MppMode
  stopAt: StopAt | 'sending' | 'sent'
}

const { url, privateKey, folder, prompt, mode, stopAt } = JSON.parse(process.env.ORDER ?? '') as MppOrder

const say = (line: unknown) => void writeSync(1, `${JSON.stringify(line)}\n`)
const sayStopped = () => say({ stopped: true })

const node: typeof fetch = async (input, init) => {
  const request = new Request(input, init)
  const { method } = JSON.parse(await request.clone().text())
  if (method === 'eth_sendRawTransactionSync' && stopAt === 'sending') stopDead(sayStopped)
  const response = await fetch(request)
  if (method === 'eth_sendRawTransactionSync' && stopAt === 'sent') stopDead(sayStopped)
  return response
}

const account = privateKeyToAccount(privateKey)
const studio = new StableStudioClient({
  payWith: [mpp({ account, rpcUrl: `${url}/rpc/tempo`, fetch: node, mode })],
  store: stopping(fileStore(folder), typeof stopAt === 'object' ? stopAt : undefined, sayStopped),
  baseUrl: url,
  origin: url,
})
const job = await studio.submit(
  'gpt-image-1/generate',
  { prompt, quality: 'high' },
  { idempotencyKey: prompt },
)
say({ job: job.id })
