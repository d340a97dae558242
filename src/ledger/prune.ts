// Removes old closed attempts with their records. What still counts, or helps to decide an open attempt, stays.
import { idempotencyKeyOf, isClosed, jobKeyOf, keyOf } from './attempt.ts'
import type { Cells } from './cells.ts'
import { type AttemptRecord, attemptRecord, fromStored, keyRecord, textRecord } from './records.ts'
import { readAll } from './used.ts'

/** The clocks of the machines, and the service's, differ by at most 15 minutes where anything is signed. */
const toleranceMs = 16 * 60_000

/**
 * @param before ms since the epoch.
 * @param archive resolves once the attempt may go.
 */
export async function prune(
  cells: Cells,
  before: number,
  archive: (record: AttemptRecord) => Promise<void>,
): Promise<number> {
  const keys: string[] = []
  for await (const key of cells.keys(keyOf(''))) keys.push(key)
  // Read after the keys: an amount is reserved before its attempt is written. So what is not among them never comes back.
  const reserved = await reservedIds(cells)
  const open = await readOpen(cells, reserved)
  let removed = 0
  for (const key of keys) {
    const cell = await cells.read(key, attemptRecord)
    const record = cell && fromStored(cell.value)
    if (!record || reserved.has(record.id) || !isOver(record) || !(lastOf(record) < before)) continue
    // It says whose the job is, and no later call would find the job's record without it.
    if (open.some((other) => mayOwnJobOf(other, record))) continue
    await archive(record)
    await removeKey(cells, record)
    await removeJob(cells, record)
    // Last, so that a repeated call completes what a crash left half done.
    if (await cells.delete(key, cell.version)) removed += 1
  }
  return removed
}

/** All attempts whose amounts are held back. One that is settled is not in the budget's sums before it is booked. */
async function reservedIds(cells: Cells): Promise<Set<string>> {
  const { shares } = await readAll(cells)
  return new Set(shares.flatMap(([, cell]) => Object.keys(cell?.value.open ?? {})))
}

async function readOpen(cells: Cells, ids: ReadonlySet<string>): Promise<AttemptRecord[]> {
  const read = await Promise.all([...ids].map((id) => cells.read(keyOf(id), attemptRecord)))
  return read.flatMap((cell) => (cell && !isClosed(cell.value.state) ? [fromStored(cell.value)] : []))
}

/** A record without a payer keeps a process that was slow to write its attempt from going on. */
function isOver({ state, payer }: AttemptRecord): boolean {
  return isClosed(state) && payer !== ''
}

/** The last moment that it is known to have mattered; `NaN` if it does not say. */
function lastOf({ createdAt, validBefore, receipt, jobCreatedAt }: AttemptRecord): number {
  const times = [createdAt, receipt?.settledAt, jobCreatedAt].filter((time) => time !== undefined)
  return Math.max(validBefore * 1000, ...times.map((time) => Date.parse(time)))
}

/** Whether the job could be taken for this open attempt's if nothing said whose it is. */
function mayOwnJobOf(open: AttemptRecord, record: AttemptRecord): boolean {
  const { payer, operation, createdAt, sentAt = createdAt } = open
  const isAlike = payer === record.payer && operation === record.operation
  return isAlike && !(lastOf(record) < Math.min(Date.parse(createdAt), Date.parse(sentAt)) - toleranceMs)
}

/** The key may belong to a later attempt by now. */
async function removeKey(cells: Cells, { id, origin, payer, idempotencyKey }: AttemptRecord): Promise<void> {
  if (idempotencyKey === undefined) return
  const at = idempotencyKeyOf({ origin, payer }, idempotencyKey)
  const cell = await cells.read(at, keyRecord)
  if (cell?.value.attemptId === id) await cells.delete(at, cell.version)
}

async function removeJob(cells: Cells, { id, jobId }: AttemptRecord): Promise<void> {
  if (jobId === undefined) return
  const cell = await cells.read(jobKeyOf(jobId), textRecord)
  if (cell?.value.text === id) await cells.delete(jobKeyOf(jobId), cell.version)
}
