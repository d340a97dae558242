// Many calls in many processes on one store: a limit pays for exactly what it allows.
import { join } from 'node:path'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox, type SandboxServer } from '../../src/entries/sandbox.ts'
import { useFolders } from '../support/folder.ts'
import type { Order } from '../support/payer.ts'
import { bundlePayer, startPayer } from '../support/processes.ts'
import { hasRedis, startRedis } from '../support/redis.ts'

const processes = 4
const callsEach = 50
const makeFolder = useFolders()
const sandbox = createSandbox()
let server: SandboxServer
let payer: string

beforeAll(async () => {
  server = await sandbox.listen()
  payer = await bundlePayer(await makeFolder())
})
afterAll(() => server.close())

/** 200 calls at $0.17 in four processes; how many were paid, and what the others were told. */
async function race(storeOf: (process: number) => Order['store'], total: string) {
  const privateKey = generatePrivateKey()
  const wallet = privateKeyToAccount(privateKey)
  sandbox.fund(wallet.address, '100')
  const payers = Array.from({ length: processes }, (_, process) => {
    const calls = Array.from({ length: callsEach }, (_, at) => ({ prompt: `call ${at} of ${process}` }))
    return startPayer(payer, { url: server.url, privateKey, store: storeOf(process), calls, total })
  })
  expect(await Promise.all(payers.map(({ ended }) => ended))).toEqual(Array(processes).fill(0))
  const said = payers.flatMap((one) => one.said).filter(({ ready }) => !ready)
  const owned = sandbox.settlements().filter(({ from }) => from === wallet.address)
  const paid = owned.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  return {
    jobs: new Set(said.flatMap(({ job }) => job ?? [])).size,
    refused: said.filter(({ error }) => error === 'LimitExceededError').length,
    others: said.filter(({ error }) => error !== undefined && error !== 'LimitExceededError'),
    settlements: owned.length,
    paid,
  }
}

/** The last atomic unit that does not pay for one more, and the first that does. */
const totals = [
  ['3.569999', 20],
  ['3.57', 21],
] as const

const expected = (paid: number) => ({
  jobs: paid,
  refused: processes * callsEach - paid,
  others: [],
  settlements: paid,
  paid: BigInt(paid) * 170_000n,
})

describe(`${processes * callsEach} concurrent calls in ${processes} processes`, () => {
  it.each(totals)(
    'on one fileStore with $%s pay for exactly %i',
    async (total, paid) => {
      const file = join(await makeFolder(), 'store')
      expect(await race(() => ({ file }), total)).toEqual(expected(paid))
    },
    60_000,
  )

  it.each(totals)(
    'on one sqliteStore with $%s pay for exactly %i',
    async (total, paid) => {
      const sqlite = join(await makeFolder(), 'ledger.db')
      expect(await race(() => ({ sqlite }), total)).toEqual(expected(paid))
    },
    60_000,
  )

  it.skipIf(!hasRedis()).each(totals)(
    'on one Redis with $%s pay for exactly %i',
    async (total, paid) => {
      const redis = await startRedis()
      const through = (process: number) => (process % 2 ? 'ioredis' : 'redis')
      try {
        const storeOf = (process: number) => ({ redis: redis.port, through: through(process) }) as const
        expect(await race(storeOf, total)).toEqual(expected(paid))
      } finally {
        await redis.close()
      }
    },
    60_000,
  )
})
