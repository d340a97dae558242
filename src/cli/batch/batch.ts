// `batch`: many generations from a file. The sum first; then paid and collected, each line once, however often it is started.
import { join, resolve } from 'node:path'
import { type InputIssue, OfferRefusedError, type Output, type Quote } from '../../index.ts'
import { formatUsd, parseUsd } from '../../internal/usd.ts'
import { exitCodeOf } from '../exit.ts'
import { exits } from '../exit-codes.ts'
import type { Flags } from '../flags.ts'
import { askConsent, sumOf } from '../pay/consent.ts'
import { openDestination } from '../pay/destination.ts'
import { tellOpenAttempts } from '../pay/open-attempts.ts'
import { save } from '../pay/save.ts'
import { createStop, type Stop } from '../pay/stop.ts'
import { isPaid, submitOrder } from '../pay/submit.ts'
import { requireAccount, type Session, withSession } from '../session.ts'
import { clean } from '../terminal/text.ts'
import { type Line, messageOf, readLines, refused } from './lines.ts'
import { type Entry, filesOf, type Manifest, nameFile, openManifest } from './manifest.ts'
import { type BatchTable, createTable } from './table.ts'

type BatchFlags = Flags & { model?: string; maxTotal?: string; output: string }

const goOn = 'Run the same command again to go on: nothing is paid twice.'

export async function batch(file: string, flags: BatchFlags): Promise<number> {
  const lines = await readLines(file, flags.model)
  return withSession(flags, async (session) => {
    const account = await requireAccount(session)
    const { path } = await openDestination(`${flags.output}/`, {})
    const manifest = await openManifest(resolve(path))
    await refuseTakenNames(lines, manifest)
    const stop = createStop(session.ui, goOn)
    try {
      if (!session.isSandbox) await tellOpenAttempts(session, stop.signal)
      const todo = lines.filter(({ key }) => !manifest.done.has(key))
      const paid = await Promise.all(todo.map(({ key }) => isPaid(session.studio, key)))
      const prices = await pricesOf(
        session,
        todo.filter((_, at) => !paid[at]),
        stop.signal,
      )
      session.ui.note(
        `${todo.length} to make, ${prices.quotes.size} to pay: $${formatUsd(sumOf([...prices.quotes.values()]))}`,
      )
      await agree(session, [...prices.quotes.values()], flags, stop)
      await account.unlock(stop.signal)
      const entries = await payAll(session, { lines, todo, ...prices, manifest, flags, stop })
      const all = entriesOf(lines, manifest, entries)
      const others = [...manifest.done.values()].filter(({ key }) => !all.some((entry) => entry.key === key))
      await manifest.close([...others, ...all])
      return report(session, all, entries, manifest.folder, flags)
    } finally {
      stop.end()
    }
  })
}

/** One for each line, in their order. Lines of one key share their file. */
function entriesOf(lines: readonly Line[], { done }: Manifest, entries: readonly Entry[]): Entry[] {
  const byKey = new Map([...done.values(), ...entries].map((entry) => [entry.key, entry]))
  return lines.flatMap(({ line, key }) => {
    const entry = byKey.get(key)
    return entry ? [{ ...entry, line }] : []
  })
}

/** A file of that name that no earlier run made is somebody's. */
async function refuseTakenNames(lines: readonly Line[], manifest: Manifest): Promise<void> {
  const files = await filesOf(manifest.folder)
  const taken = lines.filter(
    ({ key, name }) => name !== undefined && !manifest.done.has(key) && files.has(name),
  )
  if (taken.length === 0) return
  throw refused(
    taken.map(({ line, name }) => ({ path: `line ${line}`, message: `name: ${name} exists in the folder` })),
  )
}

type Prices = {
  quotes: ReadonlyMap<string, Quote>
  /** The lines whose price is refused: the others go on. */
  refusals: ReadonlyMap<string, unknown>
}

/** @throws {InvalidInputError} with every line whose input is wrong. */
async function pricesOf({ studio }: Session, lines: readonly Line[], signal: AbortSignal): Promise<Prices> {
  const quotes = new Map<string, Quote>()
  const refusals = new Map<string, unknown>()
  const wrong: InputIssue[] = []
  await Promise.all(
    lines.map(async ({ operation, input, key, line }) => {
      try {
        quotes.set(key, await studio.quote(operation, input, { signal }))
      } catch (error) {
        const code = exitCodeOf(error)
        if (code === exits.usage) wrong.push({ path: `line ${line}`, message: messageOf(error) })
        else if (code === exits.notPaid) refusals.set(key, error)
        else throw error
      }
    }),
  )
  if (wrong.length > 0) throw refused(wrong)
  return { quotes, refusals }
}

async function agree(
  { ui, isSandbox, config }: Session,
  quotes: readonly Quote[],
  { yes, maxTotal }: BatchFlags,
  { signal }: Stop,
): Promise<void> {
  if (quotes.length === 0) return
  const sum = sumOf(quotes)
  const most = maxTotal === undefined ? undefined : parseUsd(maxTotal)
  if (most !== undefined && sum > most) {
    throw new OfferRefusedError(
      `The sum is $${formatUsd(sum)}, and \`--max-total\` is $${formatUsd(most)}.`,
      {
        code: 'price_above_max',
        hint: 'Nothing was signed. Raise `--max-total`.',
      },
    )
  }
  if (isSandbox) return
  await askConsent(ui, quotes, {
    yes: yes || most !== undefined,
    askAbove: config.askAbove,
    signal,
    flag: '--max-total',
  })
}

type Work = Prices & {
  lines: readonly Line[]
  todo: readonly Line[]
  manifest: Manifest
  flags: BatchFlags
  stop: Stop
}

async function payAll(session: Session, work: Work): Promise<Entry[]> {
  const table = createTable(session.ui, work.lines.length, work.lines.length - work.todo.length)
  // One key is one payment and one file.
  const once = [...new Map(work.todo.map((line) => [line.key, line])).values()]
  const files = await filesOf(work.manifest.folder)
  try {
    return await Promise.all(once.map((line) => payLine(session, line, { ...work, table, files })))
  } finally {
    table.end()
  }
}

type LineWork = Work & { table: BatchTable; files: ReadonlyMap<string, string> }

async function payLine(session: Session, line: Line, work: LineWork): Promise<Entry> {
  const base = { line: line.line, key: line.key, operation: line.operation }
  let facts: Partial<Entry> = {}
  try {
    if (work.refusals.has(line.key)) throw work.refusals.get(line.key)
    const job = await submitOrder(session.studio, line, work.quotes.get(line.key), {
      stop: work.stop,
      idempotencyKey: line.key,
      onProgress: (progress) => work.table.update(line, progress),
    })
    facts = { jobId: job.id, usd: job.receipt.usd }
    work.stop.paid(job.id)
    work.table.paid(job.receipt.usd)
    const there = work.files.get(job.id)
    const saved = there ? join(work.manifest.folder, there) : await collect(session, line, job, work)
    const file = await nameFile(work.manifest, saved, line, { ...base, ...facts, status: 'saving' })
    work.stop.saved(job.id)
    const entry: Entry = { ...base, status: 'done', ...facts, file }
    await work.manifest.write(entry)
    work.table.finished(line, entry)
    return entry
  } catch (error) {
    const code = exitCodeOf(error)
    const isOpen = code === exits.notFinished || code === exits.unknown || code === exits.interrupted
    const entry: Entry = {
      ...base,
      status: isOpen ? 'open' : 'failed',
      ...facts,
      error: clean(messageOf(error), 300),
    }
    if (code !== exits.interrupted) await work.manifest.write(entry).catch(() => {})
    work.table.finished(line, entry)
    return Object.defineProperty(entry, 'cause', { value: error, enumerable: false })
  }
}

async function collect(
  { studio }: Session,
  line: Line,
  job: Parameters<typeof studio.wait>[0] & object,
  { flags, manifest, stop, table }: LineWork,
): Promise<string> {
  const onProgress = table.update.bind(undefined, line)
  const output: Output = await studio.wait(job, { signal: stop.signal, timeout: flags.timeout, onProgress })
  const destination = { path: join(manifest.folder, '/'), isFolder: true, overwrite: true }
  return save(output, destination, { signal: stop.signal, job })
}

/** All paths on stdout, those of earlier runs included; what is missing on stderr. */
function report(
  { ui }: Session,
  all: readonly Entry[],
  entries: readonly Entry[],
  folder: string,
  flags: Flags,
): number {
  if (flags.json) ui.json(all)
  else for (const { file } of all) if (file) ui.out(join(folder, file))
  const missing = entries.filter(({ status }) => status !== 'done')
  if (missing.length === 0) return exits.done
  for (const { line, error, jobId } of missing.slice(0, 20))
    ui.warn(`line ${line}: ${error}${jobId ? ` (paid, job ${jobId})` : ''}`)
  ui.warn(`${missing.length} of ${all.length} are missing. ${goOn}`)
  return codeOf(missing, missing.length < entries.length)
}

function codeOf(missing: readonly Entry[], someDone: boolean): number {
  const codes = missing.map((entry) => exitCodeOf((entry as { cause?: unknown }).cause))
  for (const code of [exits.unknown, exits.notFinished, exits.notSaved]) if (codes.includes(code)) return code
  const isNothingPaid = !someDone && codes.every((code) => code === exits.interrupted)
  return isNothingPaid ? exits.interrupted : exits.jobFailed
}
