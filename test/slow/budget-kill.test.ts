// Processes that share a limit and are killed while they spend: it is never exceeded, and nothing of it is lost.
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { fileStore } from '../../src/entries/node.ts'
import { sqliteStore } from '../../src/entries/sqlite.ts'
import { useFolders } from '../support/folder.ts'
import { bundlePayer, startPayer } from '../support/processes.ts'
import { auditOf, spendingOn } from '../unit/ledger/kit.ts'

const makeFolder = useFolders()
let spender: string
beforeAll(async () => {
  spender = await bundlePayer(await makeFolder(), 'spender.ts')
})

const processes = 6

describe(`${processes} processes on one store, half of them killed while they spend`, () => {
  it.each([
    ['file', 900n],
    ['file', 1_501n],
    ['sqlite', 1_501n],
    ['sqlite', 9_000n],
  ] as const)('on a %s store spend a limit of %i to the last unit', async (kind, total) => {
    const path = join(await makeFolder(), 'store')
    const store = kind === 'file' ? fileStore(path) : sqliteStore(path)
    const start = (name: string) =>
      startPayer(spender, { name, [kind]: path, total: total.toString(), most: 9 })
    const all = Array.from({ length: processes }, (_, n) => start(`p${n}`))
    await Promise.all(all.map((one) => one.says('ready')))
    for (const one of all.slice(0, processes / 2)) {
      await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 250))
      await one.kill()
      await auditOf(store).catch(() => {})
    }
    all.push(start('late'))
    const survivors = all.slice(processes / 2)
    expect(await Promise.all(survivors.map(({ ended }) => ended))).toEqual(survivors.map(() => 0))
    const errors = survivors.flatMap(({ said }) => said.flatMap(({ error }) => error ?? []))
    expect(new Set(errors)).toEqual(new Set(['LimitExceededError']))

    const before = await auditOf(store, { total })
    const committed = all.flatMap(({ said }) => said.flatMap(({ job }) => job ?? []))
    expect(before.spent).toBeGreaterThanOrEqual(committed.reduce((sum, amount) => sum + BigInt(amount), 0n))
    const rest = spendingOn(store, { total })
    const room = total - before.spent - before.reserved
    const until = Date.now() + 3_600_000
    await expect(rest.reserve({ attemptId: 'above', amount: room + 1n, until })).rejects.toMatchObject({
      name: 'LimitExceededError',
    })
    if (room > 0n) await rest.reserve({ attemptId: 'last', amount: room, until })
    const { spent, reserved } = await auditOf(store, { total })
    expect(spent + reserved).toBe(total)
  })
})
