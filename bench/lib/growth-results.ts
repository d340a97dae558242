// What the part "growth" found, where it is written, and what it should be.
import { writeFile } from 'node:fs/promises'
import type { CrowdResult } from '../cases/crowd.ts'
import type { GrowthCase } from '../cases/growth.ts'
import { putIntoDocument } from './documents.ts'
import { plotGrowth } from './growth-plot.ts'
import type { Kind } from './places.ts'
import { markdown } from './table.ts'

export type GrowthResult = { ledger: GrowthCase[]; crowd: CrowdResult }

const titles: Record<Kind, string> = { memory: 'memory', sqlite: 'SQLite', file: 'files', redis: 'Redis' }

export function nameOf({ kind, ledger }: Pick<GrowthCase, 'kind' | 'ledger'>): string {
  return ledger === 'shares' ? titles[kind] : `${titles[kind]}, one record as in 0.1`
}

/** Writes table, figures and plot, and the headline of docs/comparison.md. Resolves to what is not as it should be. */
export async function publishGrowth(result: GrowthResult): Promise<string[]> {
  const facts = factsOf(result)
  const measured = `Measured ${new Date().toISOString().slice(0, 10)} in one run on Node ${process.versions.node}, ${process.platform} ${process.arch}.`
  const missed = goals(facts).filter(({ holds }) => !holds)
  await writeFile('results/growth.json', `${JSON.stringify({ facts, ...result }, null, 2)}\n`)
  await writeFile('results/growth.svg', plotGrowth(result.ledger))
  await writeFile('results/growth.md', `# Growth\n\n${headline(facts)}\n\n${measured}\n\n${tables(result)}\n`)
  await putIntoDocument('growth', `${headline(facts)} ${measured}`)
  return missed.map(({ what, value, goal }) => `missed: ${what}: ${value} instead of ${goal}`)
}

type Facts = ReturnType<typeof factsOf>

/** Ratios within the run. */
function factsOf({ ledger, crowd }: GrowthResult) {
  const find = (kind: Kind, wanted: Partial<GrowthCase>) => {
    const exact = { kind, ledger: 'shares', processes: 1, open: 0, closed: 0, ...wanted }
    return ledger.find((one) => Object.entries(exact).every(([name, value]) => own(one, name) === value))
  }
  const speed = (kind: Kind, wanted: Partial<GrowthCase> = {}) => find(kind, wanted)?.perSecond ?? Number.NaN
  /** The worst of the stores that are not files. */
  const cost = (wanted: Partial<GrowthCase>) =>
    Math.max(
      ...(['memory', 'sqlite', 'redis'] as const).flatMap((kind) => {
        const ratio = find(kind, wanted)?.ratio
        return ratio === undefined ? [] : 1 / ratio
      }),
    )
  const calls = (processes: number) => find('redis', { processes })?.calls ?? Number.NaN
  return {
    overOneRecord: speed('redis', { processes: 8 }) / speed('redis', { processes: 8, ledger: 'one cell' }),
    callsOf8: calls(8) / calls(1),
    costWithOpen: cost({ open: 10_000 }),
    costWithClosed: cost({ closed: 100_000 }),
    sqliteOverFiles: speed('sqlite') / speed('file'),
    requests: crowd.ratio.requests,
    cpu: crowd.ratio.cpuMs,
    lag: crowd.ratio.lagMs,
  }
}

function own(one: GrowthCase, name: string): unknown {
  return one[name as keyof GrowthCase]
}

function headline(facts: Facts): string {
  const { overOneRecord, callsOf8, costWithOpen, costWithClosed, sqliteOverFiles, requests, cpu, lag } = facts
  return [
    `Eight processes on one Redis make ${times(overOneRecord)} the payments a second that all spending in one record, as in version 0.1, allows, with ${times(callsOf8)} the store calls that one process needs for each.`,
    `A payment beside 10,000 open ones costs ${times(costWithOpen)} one beside none, and beside 100,000 closed ones ${times(costWithClosed)}; SQLite takes ${times(sqliteOverFiles)} the payments of a directory of files.`,
    `To wait for 1,000 jobs takes ${times(requests, 3)} the requests and ${times(cpu)} the CPU of looks at each, at ${times(lag)} their mean lag.`,
  ].join(' ')
}

/** Nothing was paid in time where it is not finite. */
const shown = (value: number) => (Number.isFinite(value) ? String(value) : '–')

const times = (ratio: number, digits = 2) => `${ratio.toFixed(digits)} ×`

function goals(facts: Facts) {
  const atLeast = (what: string, value: number, goal: number) => ({ what, value, goal, holds: value >= goal })
  const atMost = (what: string, value: number, goal: number) => ({ what, value, goal, holds: value <= goal })
  return [
    atLeast('payments of 8 processes on Redis, × one record', facts.overOneRecord, 4),
    atMost('store calls of 8 processes, × one', facts.callsOf8, 1.3),
    atMost('cost with 10,000 open, × none', facts.costWithOpen, 1.5),
    atMost('cost with 100,000 closed, × none', facts.costWithClosed, 1.2),
    atLeast('payments on SQLite, × files', facts.sqliteOverFiles, 8),
    atMost('requests for 1,000 jobs, × looks', facts.requests, 1 / 20),
    atMost('CPU of 1,000 jobs, × looks', facts.cpu, 1 / 5),
    atMost('lag of 1,000 jobs, × looks', facts.lag, 1 / 2),
  ]
}

function tables({ ledger, crowd: { looks, list } }: GrowthResult): string {
  const head = ['store', 'processes', 'open', 'closed', 'payments/s', '× alone', 'calls', 'kB', 'CPU ms']
  const rows = ledger.map((one) => [
    nameOf(one),
    ...[one.processes, one.open, one.closed, one.perSecond, one.ratio, one.calls, one.kB, one.cpuMs].map(
      shown,
    ),
  ])
  const waits = [['looks at each', looks] as const, ['the job list', list] as const].map(([name, of]) => [
    name,
    ...[of.requests, of.cpuMs, of.lagMs].map(String),
  ])
  return [
    'Each process runs eight payments at once: reserved, signed, sent, settled, by the whole client, on played-back answers and with signatures that cost nothing. "One record as in 0.1" is the same client with the records of version 0.1. Calls of the store, kB to and from it, and CPU are those of one payment.',
    markdown(head, rows),
    '![Payments a second by processes, open and closed payments](growth.svg)',
    '## 1,000 waiting jobs of one wallet',
    markdown(['', 'requests', 'CPU ms', 'mean lag ms'], waits),
  ].join('\n\n')
}
