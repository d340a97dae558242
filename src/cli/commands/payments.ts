// `payments`: the ledger as a table, as JSON or as CSV. `recover`: what became of what is open.
import { setTimeout as rest } from 'node:timers/promises'
import type { Attempt, AttemptState, Recovery } from '../../index.ts'
import { exits } from '../exit-codes.ts'
import type { Flags } from '../flags.ts'
import { requireAccount, type Session, withSession } from '../session.ts'
import { clean, table } from '../terminal/text.ts'

type PaymentsFlags = Flags & {
  since?: string
  until?: string
  state?: AttemptState
  limit?: number
  csv?: boolean
}

export async function payments(flags: PaymentsFlags): Promise<number> {
  const { since, until, state, limit } = flags
  const listPayments = async ({ ui, studio }: Session) => {
    const attempts = studio.payments({ since, until, state, limit })
    if (flags.csv) {
      ui.out('id,createdAt,operation,usd,state,jobId,transaction,key')
      for await (const attempt of attempts) ui.out(cellsOf(attempt).map(csvCell).join(','))
      return exits.done
    }
    const found: Attempt[] = []
    for await (const attempt of attempts) found.push(attempt)
    if (flags.json) ui.json(found)
    else for (const line of table(found.map(rowOf))) ui.out(line)
    if (found.length === 0) ui.note('There are no such payments in this ledger.')
    return exits.done
  }
  return withSession(flags, listPayments, { wallet: false })
}

function cellsOf({
  id,
  createdAt,
  operation,
  usd,
  state,
  jobId,
  receipt,
  idempotencyKey,
}: Attempt): string[] {
  return [id, createdAt, operation, usd, state, jobId ?? '', receipt?.transaction ?? '', idempotencyKey ?? '']
}

const rowOf = ({ createdAt, operation, usd, state, jobId, id }: Attempt) =>
  [createdAt, `$${usd}`, state, operation, jobId ?? id].map((cell) => clean(cell, 100))

/** A cell that a spreadsheet would take for a formula starts with a quote (OWASP, "CSV Injection"). */
function csvCell(cell: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n']/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe
}

export async function recover(flags: Flags): Promise<number> {
  return withSession(flags, async (session) => {
    const { ui } = session
    await requireAccount(session)
    const found = await recoverAll(session, flags.timeout)
    if (flags.json) ui.json(found)
    for (const { attempt, outcome, job } of found) {
      if (!flags.json)
        ui.out(
          [outcome, `$${attempt.usd}`, attempt.operation, job?.id ?? attempt.id]
            .map((cell) => clean(cell, 100))
            .join('  '),
        )
      if (job) ui.note(`stablestudio wait ${job.id}`)
    }
    if (found.length === 0) ui.note('Nothing is open.')
    return found.some(({ outcome }) => outcome === 'still-open') ? exits.unknown : exits.done
  })
}

/** Somewhat longer than a process that has ended keeps its payments to itself. */
const leaseMs = 10_000

/** Looks twice: a payment whose process ended a moment ago is left to that process for some seconds. */
async function recoverAll({ studio, ui }: Session, timeout = 2 ** 31 - 1): Promise<Recovery[]> {
  const endsAt = Date.now() + timeout
  const first = await studio.recover({ timeout })
  const settled = first.filter(({ outcome }) => outcome !== 'still-open')
  if (settled.length === first.length || Date.now() + leaseMs >= endsAt) return first
  ui.note('Something is still open, perhaps because another command is at work on it. Looking again in 10 s.')
  await rest(leaseMs)
  return [...settled, ...(await studio.recover({ timeout: Math.max(1, endsAt - Date.now()) }))]
}
