// The results as Markdown: the comparison, what the README says of it, and the waiting schedules family by family.
import type { WaitingCase } from '../cases/waiting.ts'
import type { Results } from './results.ts'
import { mean } from './stats.ts'
import { labels, type SubjectName, subjectNames } from './subject.ts'

type Row = [what: string, value: (name: SubjectName) => string]

/** One row a measure, one column a subject. */
export function comparison(results: Results): string {
  const { cpu, trips, bundle, cold, memory } = results
  const rows: Row[] = [
    ['CPU of a generation with three polls, × bare', (name) => times(cpu.real[name])],
    ['the same without the cost of signatures, × bare', (name) => times(cpu.stub[name])],
    ['round trips: to pay + each poll', (name) => `${trips[name].toPay} + ${trips[name].perPoll}`],
    [
      'signatures: to pay + each poll',
      (name) => `${trips[name].paymentSignatures} + ${trips[name].signaturesPerPoll}`,
    ],
    ['bundle without viem, kB gzip', (name) => bundle.withoutViem[name].toFixed(1)],
    ["bundle with viem's local accounts, kB gzip", (name) => bundle.withViem[name].toFixed(1)],
    ['cold start until ready to pay, × `viem/accounts` alone', (name) => times(cold.ready[name])],
    ['cold start until the first payment is signed, × bare', (name) => times(cold.firstPayment[name])],
    ['heap for each of 1,000 waiting jobs, kB', (name) => memory.heapKbPerJob[name].toFixed(1)],
    ['resident memory of that process, × bare', (name) => times(memory.rss[name])],
    ['its event loop delay, 99th percentile, × bare', (name) => times(memory.delayP99[name])],
    ['resident memory when all are started at once, × bare', (name) => times(memory.rssAtOnce[name])],
    ['job done → known, mean lag, × published interval', (name) => waited(results, name, 'lag')],
    ['requests meanwhile, × two each published interval', (name) => waited(results, name, 'requests')],
  ]
  const body = rows.map(([what, value]) => [what, ...subjectNames.map(value)])
  return markdown(['', ...subjectNames.map((name) => labels[name])], body)
}

/** What a reader of the README should know, from the same rows. */
export function headline(results: Results): string {
  const { cpu, trips, measuredAt } = results
  const [own, other] = ['stablestudio', 'x402-fetch'] as const
  return [
    `A generation takes ${times(cpu.real[own])} × the CPU of bare viem signatures and \`fetch\`, where ${labels[other]} takes ${times(cpu.real[other])} ×.`,
    `Round trips for each poll: ${trips[own].perPoll} instead of ${trips[other].perPoll}.`,
    `A finished job is known after ${waited(results, own, 'lag')} × the lag of the published intervals, with ${waited(results, own, 'requests')} × their requests.`,
    `Measured ${measuredAt.slice(0, 10)} in one run.`,
  ].join(' ')
}

/** This client's schedule for each family of operations. */
export function waitingTable(cases: readonly WaitingCase[]): string {
  const head = [
    'family',
    'typical s',
    'published s',
    'sigma',
    'mean lag',
    'p95 lag',
    'requests',
    'lag × the least possible',
  ]
  const body = cases.map(({ family, typicalSeconds, publishedSeconds, sigma, places, frontier }) => {
    const { lag, lagP95, requests } = places.stablestudio
    const least = frontier[0]?.lag ?? Number.NaN
    const numbers = [lag, lagP95, requests, lag / least].map((value) => value.toFixed(2))
    return [family, String(typicalSeconds), String(publishedSeconds), String(sigma), ...numbers]
  })
  return markdown(head, body)
}

/** What was measured, when, and on what. */
export function circumstances({ measuredAt, node, platform, versions }: Results): string {
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `Measured ${measuredAt.slice(0, 10)} in one run on Node ${node}, ${platform}: ${used.join(', ')}.`
}

function waited({ waiting }: Results, name: SubjectName, field: 'lag' | 'requests'): string {
  const schedule = { bare: 'publishedOwnProof', stablestudio: 'stablestudio' } as const
  const used = name === 'bare' || name === 'stablestudio' ? schedule[name] : 'published'
  return mean(waiting.map(({ places }) => places[used][field])).toFixed(2)
}

function times(ratio: number): string {
  return ratio.toFixed(2)
}

export function markdown(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '--:'))), ...body.map(line)].join('\n')
}
