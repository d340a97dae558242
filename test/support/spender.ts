// A process that reserves, commits and releases until it is refused: started and killed by the tests of the budget.
import { writeSync } from 'node:fs'
import { fileStore } from '../../src/entries/node.ts'
import { sqliteStore } from '../../src/entries/sqlite.ts'
import { isStableStudioError } from '../../src/errors.ts'
import { createSpending } from '../../src/ledger/budget.ts'
import { createCells } from '../../src/ledger/cells.ts'

export type SpendOrder = { name: string; file?: string; sqlite?: string; total: string; most: number }

const order = JSON.parse(process.env.ORDER ?? '') as SpendOrder
const store = order.sqlite ? sqliteStore(order.sqlite) : fileStore(order.file ?? '')
const spending = createSpending(createCells(store), { total: BigInt(order.total) }, Date.now)
const say = (line: unknown) => writeSync(1, `${JSON.stringify(line)}\n`)

say({ ready: true })
async function spend(lane: number): Promise<void> {
  for (let n = 0; ; n += 1) {
    const id = `${order.name}-${lane}-${n}`
    const amount = BigInt(1 + Math.floor(Math.random() * order.most))
    try {
      const until = Date.now() + 3_600_000
      const share = await spending.reserve({ attemptId: id, amount, until })
      if (Math.random() < 0.3) await spending.release({ id, share })
      else {
        await spending.commit({ id, share })
        say({ job: amount.toString() })
      }
    } catch (error) {
      const name = isStableStudioError(error) ? error.name : String(error)
      say({ error: name, details: String(error) })
      return
    }
  }
}
await Promise.all([0, 1, 2, 3].map(spend))
