// `jobs`: the wallet's jobs at the service.
import type { JobStatus } from '../../index.ts'
import { exits } from '../exit-codes.ts'
import type { Flags } from '../flags.ts'
import { requireAccount, type Session, withSession } from '../session.ts'
import { clean, table } from '../terminal/text.ts'

type ListFlags = Flags & { limit: number; status?: string }

export async function list(flags: ListFlags): Promise<number> {
  return withWallet(flags, async ({ ui, studio }) => {
    const found: JobStatus[] = []
    const { limit, status } = flags
    const options = {
      limit: Math.min(limit, 50),
      ...(status !== undefined && { status: status as 'complete' }),
    }
    for await (const job of studio.jobs.list(options)) if (found.push(job) >= limit) break
    if (flags.json) ui.json(found)
    else for (const line of table(found.map(rowOf))) ui.out(line)
    if (found.length === 0) ui.note('This wallet has no such jobs.')
    return exits.done
  })
}

export async function get(id: string, flags: Flags): Promise<number> {
  return withWallet(flags, async ({ ui, studio }) => {
    const job = await studio.jobs.get(id)
    if (flags.json) ui.json(job)
    else for (const line of linesOf(job)) ui.out(line)
    return exits.done
  })
}

export async function remove(id: string, flags: Flags): Promise<number> {
  return withWallet(flags, async ({ ui, studio }) => {
    await studio.jobs.delete(id)
    if (flags.json) ui.json({ deleted: id })
    else ui.note(`Deleted ${clean(id, 80)}.`)
    return exits.done
  })
}

async function withWallet(flags: Flags, work: (session: Session) => Promise<number>): Promise<number> {
  return withSession(flags, async (session) => {
    await (await requireAccount(session)).unlock()
    return work(session)
  })
}

const rowOf = ({ id, createdAt, type, status }: JobStatus) =>
  [id, createdAt, type, status].map((one) => clean(one, 60))

function linesOf(job: JobStatus): string[] {
  const { id, type, status, progress, createdAt, error, output } = job
  const facts = { id, type, status, progress: `${progress} %`, created: createdAt, error, url: output?.url }
  return table(
    Object.entries(facts).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, clean(value, 400)]],
    ),
  )
}
