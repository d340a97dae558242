// A server of the tools on stdin and stdout, as a host starts it: told by its environment what to do, and where to stop dead.
import { writeSync } from 'node:fs'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { StableStudioClient } from '../../src/client.ts'
import { type McpOptions, serveStdio } from '../../src/entries/mcp.ts'
import { sqliteStore } from '../../src/entries/sqlite.ts'
import { type StopAt, stopping } from './stopping-store.ts'

export type ServerOrder = Pick<McpOptions, 'askAbove' | 'waitMs'> & {
  url: string
  privateKey?: Hex
  ledger: string
  outputFolder: string
  /** Before or after which write it stops: nothing of it goes on. */
  stopAt?: StopAt
  /** Throws in listeners and warns, as applications do. */
  noisy?: boolean
}

const order = JSON.parse(process.env.ORDER ?? '') as ServerOrder

const client = new StableStudioClient({
  ...(order.privateKey && { wallet: privateKeyToAccount(order.privateKey) }),
  store: stopping(sqliteStore(order.ledger), order.stopAt, () => void writeSync(2, 'STOPPED\n')),
  baseUrl: order.url,
  origin: order.url,
  limits: { perCall: '1', perDay: '5' },
})
if (order.noisy) {
  process.emitWarning('something is deprecated')
  for (const name of ['offer.received', 'payment.settled', 'job.completed'] as const)
    client.on(name, () => {
      throw new Error('a listener throws')
    })
}
const { outputFolder, askAbove, waitMs } = order
await serveStdio({ client, outputFolder, inputFolders: [], askAbove, waitMs }).closed
process.exit(0)
