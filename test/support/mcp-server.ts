// A server of the tools on stdin and stdout, as a host starts it: told by its environment what to do, and where to stop dead.
import { writeSync } from 'node:fs'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { StableStudioClient } from '../../src/client.ts'
import { type McpOptions, serveStdio } from '../../src/entries/mcp.ts'
import { sqliteStore } from '../../src/entries/sqlite.ts'
import type { PaymentStore } from '../../src/ledger/store.ts'

export type ServerOrder = Pick<McpOptions, 'askAbove' | 'waitMs'> & {
  url: string
  privateKey?: Hex
  ledger: string
  outputFolder: string
  /** Before or after which write it stops: nothing of it goes on. */
  stopAt?: { write: number; when: 'before' | 'after' }
  /** Throws in listeners and warns, as applications do. */
  noisy?: boolean
}

const order = JSON.parse(process.env.ORDER ?? '') as ServerOrder

function stop(): never {
  writeSync(2, 'STOPPED\n')
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

function stopping(store: PaymentStore): PaymentStore {
  let writes = 0
  const { write: last, when } = order.stopAt ?? { write: 0, when: 'before' }
  return {
    ...store,
    async set(key, value, expected) {
      writes += 1
      const isLast = writes === last
      if (isLast && when === 'before') stop()
      const wrote = await store.set(key, value, expected)
      if (isLast && when === 'after') stop()
      return wrote
    },
  }
}

const client = new StableStudioClient({
  ...(order.privateKey && { wallet: privateKeyToAccount(order.privateKey) }),
  store: stopping(sqliteStore(order.ledger)),
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
