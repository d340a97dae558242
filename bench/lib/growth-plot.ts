// The plot of the ledger's growth: payments a second, on a logarithmic scale, in the colours of light and dark pages.
import type { GrowthCase } from '../cases/growth.ts'
import { nameOf } from './growth-results.ts'
import { escaped, page, round } from './plot.ts'

const panel = { width: 250, height: 210, left: 46, top: 44, right: 14, bottom: 44 }
const [least, most] = [10, 10_000]

type Axis = { title: string; of: 'processes' | 'open' | 'closed'; values: number[] }
const axes: Axis[] = [
  { title: 'by processes', of: 'processes', values: [1, 2, 4, 8] },
  { title: 'by open payments, one process', of: 'open', values: [0, 1_000, 10_000] },
  { title: 'by closed payments, one process', of: 'closed', values: [0, 10_000, 100_000] },
]
const usual = { processes: 1, open: 0, closed: 0 }
const lines = [
  { kind: 'memory', ledger: 'shares', class: 'own-proof' },
  { kind: 'sqlite', ledger: 'shares', class: 'stablestudio' },
  { kind: 'file', ledger: 'shares', class: 'half' },
  { kind: 'redis', ledger: 'shares', class: 'published' },
  { kind: 'redis', ledger: 'one cell', class: 'frontier' },
] as const

export function plotGrowth(cases: readonly GrowthCase[]): string {
  const width = axes.length * panel.width
  const legend = lines.map((line, at) => {
    const x = 20 + (at % 3) * panel.width
    return `<g transform="translate(${x} ${panel.height + 16 + Math.floor(at / 3) * 20})"><path class="line ${line.class}" d="M0 0H18"/><text x="26" y="4">${escaped(nameOf(line))}</text></g>`
  })
  const panels = axes.map(
    (axis, at) => `<g transform="translate(${at * panel.width} 0)">${drawPanel(axis, cases)}</g>`,
  )
  return page(width, panel.height + 52, 'Payments a second', [...panels, ...legend])
}

function drawPanel({ title, of, values }: Axis, cases: readonly GrowthCase[]): string {
  const [plotWidth, plotHeight] = [
    panel.width - panel.left - panel.right,
    panel.height - panel.top - panel.bottom,
  ]
  const toX = (at: number) => round(panel.left + (at / (values.length - 1)) * plotWidth)
  const toY = (speed: number) =>
    round(panel.top + plotHeight * (1 - Math.log(Math.max(speed, least) / least) / Math.log(most / least)))
  const ticks = [10, 100, 1_000, 10_000].map(
    (speed) =>
      `<path class="grid" d="M${panel.left} ${toY(speed)}H${toX(values.length - 1)}"/><text class="small" x="${panel.left - 6}" y="${toY(speed) + 4}" text-anchor="end">${speed}</text>`,
  )
  const names = values.map(
    (value, at) =>
      `<text class="small" x="${toX(at)}" y="${toY(least) + 15}" text-anchor="middle">${value.toLocaleString('en')}</text>`,
  )
  const drawn = lines.map((line) => {
    const points = values.flatMap((value, at) => {
      const wanted = { ...usual, [of]: value }
      const found = cases.find(
        (one) =>
          one.kind === line.kind &&
          one.ledger === line.ledger &&
          one.processes === wanted.processes &&
          one.open === wanted.open &&
          one.closed === wanted.closed,
      )
      return found ? [`${toX(at)},${toY(found.perSecond)}`] : []
    })
    return `<polyline class="line ${line.class}" points="${points.join(' ')}"/>`
  })
  return `<text class="title" x="${panel.left}" y="${panel.top - 10}">${title}</text>${ticks.join('')}${names.join('')}${drawn.join('')}`
}
