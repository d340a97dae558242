// How the ledger grows: payments a second, and what each asks of the store, with more processes, with more that is open,
// and with more that is closed; beside the accounting of version 0.1, where one record holds all spending.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasRedis, startRedis } from '../../test/support/redis.ts'
import { type Filling, fill } from '../lib/fill.ts'
import { inGroup } from '../lib/group.ts'
import { fillCell } from '../lib/one-cell.ts'
import { type Kind, kinds, openStore, type Place } from '../lib/places.ts'
import { inRounds } from '../lib/rounds.ts'
import { median, pairedRatio, rounded } from '../lib/stats.ts'
import type { Order } from './growth.child.ts'

/** What was measured in one place. Everything but the number of processes is of one payment. */
export type GrowthCase = Filling & {
  kind: Kind
  ledger: Order['ledger']
  processes: number
  perSecond: number
  calls: number
  kB: number
  cpuMs: number
  /** Payments a second, as a ratio to one process on an empty store of the same kind, in the same round. */
  ratio: number
}

type Spec = Filling & { kind: Kind; ledger: Order['ledger']; processes: number }
type Report = { payments: number; seconds: number; calls: number; bytes: number; cpuMs: number }
type Sums = Omit<Report, 'seconds'> & { perSecond: number }

/** Payments at once in each process, as many as a client runs by default. */
const lanes = 8
const windowMs = 1_000
/** For each process. */
const warmUpMs = 400
const crowds = [1, 2, 4, 8]
/** What a directory of files takes too long to hold is left out. */
const fillings: Record<Kind, Filling[]> = {
  memory: loads([1_000, 10_000], [10_000, 100_000]),
  sqlite: loads([1_000, 10_000], [10_000, 100_000]),
  redis: loads([1_000, 10_000], [10_000, 100_000]),
  file: loads([1_000], []),
}

function loads(open: number[], closed: number[]): Filling[] {
  return [...open.map((n) => ({ open: n, closed: 0 })), ...closed.map((n) => ({ open: 0, closed: n }))]
}

const empty: Filling = { open: 0, closed: 0 }

function planned(kind: Kind): Spec[] {
  const spec = (processes: number, filling = empty, ledger: Order['ledger'] = 'shares'): Spec => {
    return { kind, ledger, processes, ...filling }
  }
  const more = kind === 'memory' ? [] : crowds.slice(1)
  const old = [
    spec(1, empty, 'one cell'),
    spec(8, empty, 'one cell'),
    spec(8, { open: 1_000, closed: 0 }, 'one cell'),
  ]
  return [
    spec(1),
    ...more.map((processes) => spec(processes)),
    ...fillings[kind].map((filling) => spec(1, filling)),
    ...(kind === 'redis' ? old : []),
  ]
}

/** @param rounds of all cases, so that load on the machine hits all of them. */
export async function measureGrowth(rounds: number): Promise<GrowthCase[]> {
  const specs = kinds.filter((kind) => kind !== 'redis' || hasRedis()).flatMap(planned)
  const folder = await mkdtemp(join(tmpdir(), 'stablestudio-growth-'))
  const server = hasRedis() ? await startRedis() : undefined
  try {
    const places = specs.map(({ kind }, at): Place => {
      return { kind, name: kind === 'redis' ? `growth${at}` : join(folder, `${at}`), port: server?.port ?? 0 }
    })
    for (const [at, spec] of specs.entries()) await prepare(places[at] as Place, spec)
    const names = specs.map((_, at) => String(at))
    const measured = await inRounds(names, rounds, (name) =>
      measure(places[Number(name)] as Place, specs[Number(name)] as Spec),
    )
    return specs.map((spec, at) => {
      const alone = specs.findIndex(({ kind }) => kind === spec.kind)
      return summary(spec, measured[at] ?? [], measured[alone] ?? [])
    })
  } finally {
    await server?.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Stores in memory are filled by the process that has them. */
async function prepare(place: Place, spec: Spec): Promise<void> {
  if (place.kind === 'memory' || spec.open + spec.closed === 0) return
  const { store, close } = openStore(place)
  await (spec.ledger === 'one cell' ? fillCell(store, spec.open) : fill(store, spec))
  close()
}

async function measure(place: Place, { ledger, processes, open, closed }: Spec): Promise<Sums> {
  const own = place.kind === 'memory' ? { filling: { open, closed } } : {}
  const order: Order = { place, ledger, lanes, warmUpMs: warmUpMs * processes, windowMs, ...own }
  const reports = await inGroup<Report>(
    'cases/growth.child.ts',
    Array.from({ length: processes }, () => order),
  )
  const sum = (of: (one: Report) => number) => reports.reduce((all, one) => all + of(one), 0)
  return {
    payments: sum((one) => one.payments),
    perSecond: sum((one) => one.payments / one.seconds),
    calls: sum((one) => one.calls),
    bytes: sum((one) => one.bytes),
    cpuMs: sum((one) => one.cpuMs),
  }
}

function summary(
  { kind, ledger, processes, open, closed }: Spec,
  own: readonly Sums[],
  alone: readonly Sums[],
): GrowthCase {
  const each = (of: (one: Sums) => number) => median(own.map((one) => of(one) / one.payments))
  const speeds = (all: readonly Sums[]) => all.map(({ perSecond }) => perSecond)
  return {
    ...{ kind, ledger, processes, open, closed },
    perSecond: rounded(median(speeds(own)), 0),
    calls: rounded(
      each(({ calls }) => calls),
      1,
    ),
    kB: rounded(
      each(({ bytes }) => bytes / 1000),
      1,
    ),
    cpuMs: rounded(each(({ cpuMs }) => cpuMs)),
    ratio: rounded(pairedRatio(speeds(own), speeds(alone))),
  }
}
