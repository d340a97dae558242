// The plot of lag against requests: hand-written SVG, in the colours of light and dark pages.
import { type Place, type ScheduleName, schedules, type WaitingCase } from '../cases/waiting.ts'

const panel = { width: 250, height: 180, left: 46, top: 34, right: 10, bottom: 44 }
const columns = 3
const top = 30
const legendRow = 20
/** Ratios that the axes show, requests and lag. */
const most = { requests: 1.35, lag: 1.6 }

/** The families that are drawn, by one of their operations. */
const drawn = ['nano-banana-pro/generate', 'gpt-image-1/generate', 'seedance/t2v']

const marks: Record<ScheduleName, (x: number, y: number) => string> = {
  stablestudio: (x, y) => `<circle class="stablestudio" cx="${x}" cy="${y}" r="6"/>`,
  challenged: (x, y) => `<circle class="challenged" cx="${x}" cy="${y}" r="5"/>`,
  published: (x, y) => `<rect class="published" x="${x - 5}" y="${y - 5}" width="10" height="10"/>`,
  publishedOwnProof: (x, y) => `<path class="own-proof" d="M${x} ${y - 6}l6 6l-6 6l-6 -6z"/>`,
  halfInterval: (x, y) => `<path class="half" d="M${x} ${y - 6}l6 11h-12z"/>`,
}

const light = `text{font:12px system-ui,sans-serif;fill:#24292f}.page{fill:#fff}.small{font-size:11px;fill:#57606a}.title{font-weight:600}.axis{stroke:#8c959f;fill:none}.grid{stroke:#d8dee4;fill:none}.frontier{stroke:#57606a;fill:none;stroke-width:2;stroke-dasharray:5 3}.stablestudio{fill:#0969da}.challenged{fill:none;stroke:#0969da;stroke-width:2}.published{fill:#bc4c00}.own-proof{fill:#1a7f37}.half{fill:#8250df}.line{fill:none;stroke-width:2}.line.stablestudio{stroke:#0969da}.line.published{stroke:#bc4c00}.line.own-proof{stroke:#1a7f37}.line.half{stroke:#8250df}`
const dark = `text{fill:#e6edf3}.page{fill:#0d1117}.small{fill:#9198a1}.axis{stroke:#6e7681}.grid{stroke:#2b3138}.frontier{stroke:#9198a1}.stablestudio{fill:#4493f8}.challenged{stroke:#4493f8}.published{fill:#f0883e}.own-proof{fill:#3fb950}.half{fill:#ab7df8}.line{fill:none}.line.stablestudio{stroke:#4493f8}.line.published{stroke:#f0883e}.line.own-proof{stroke:#3fb950}.line.half{stroke:#ab7df8}`

/** Small multiples: one panel for each drawn family and spread of job times. */
export function plotWaiting(cases: readonly WaitingCase[]): string {
  const chosen = [...new Set(cases.map(({ sigma }) => sigma))].flatMap((sigma) =>
    drawn.flatMap((operation) =>
      cases.filter((one) => one.sigma === sigma && one.operations.includes(operation)),
    ),
  )
  const rows = Math.ceil(chosen.length / columns)
  const width = columns * panel.width
  const legendTop = top + rows * panel.height + 14
  const height = legendTop + 3 * legendRow + 6
  const title =
    'Lag between "job done" and "client knows" against requests, in units of two requests at each published interval'
  const panels = chosen.map((one, at) =>
    drawPanel(one, (at % columns) * panel.width, top + Math.floor(at / columns) * panel.height),
  )
  const shown = 'Waiting: lag against requests, 1 = two requests at each published interval'
  const heading = `<text class="title" x="12" y="20">${shown}</text>`
  return page(width, height, title, [heading, ...panels, drawLegend(legendTop)])
}

export function page(width: number, height: number, title: string, content: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>${light}@media(prefers-color-scheme:dark){${dark}}</style>
<rect class="page" width="${width}" height="${height}"/>
${content.join('\n')}
</svg>
`
}

function drawPanel(
  { family, typicalSeconds, publishedSeconds, sigma, places, frontier }: WaitingCase,
  x: number,
  y: number,
): string {
  const plotWidth = panel.width - panel.left - panel.right
  const plotHeight = panel.height - panel.top - panel.bottom
  const toX = (requests: number) =>
    round(panel.left + (Math.min(requests, most.requests) / most.requests) * plotWidth)
  const toY = (lag: number) => round(panel.top + (1 - Math.min(lag, most.lag) / most.lag) * plotHeight)
  const line = frontier
    .filter(({ lag, requests }) => lag <= most.lag && requests <= most.requests)
    .map(({ lag, requests }) => `${toX(requests)},${toY(lag)}`)
  const ticks = [0, 0.5, 1].map(
    (at) =>
      `<path class="grid" d="M${toX(at)} ${panel.top}V${toY(0)}M${panel.left} ${toY(at)}H${toX(most.requests)}"/><text class="small" x="${toX(at)}" y="${toY(0) + 15}" text-anchor="middle">${at}</text><text class="small" x="${panel.left - 6}" y="${toY(at) + 4}" text-anchor="end">${at}</text>`,
  )
  const inside = ([, place]: [string, Place]) => place.requests <= most.requests && place.lag <= most.lag
  const points = Object.entries(places).filter(inside).toReversed()
  return `<g transform="translate(${x} ${y})">
<text class="title" x="${panel.left}" y="14">${escaped(family)}</text>
<text class="small" x="${panel.left}" y="28">${typicalSeconds} s typical, every ${publishedSeconds} s, sigma ${sigma}</text>
${ticks.join('')}
<path class="axis" d="M${panel.left} ${panel.top}V${toY(0)}H${toX(most.requests)}"/>
<polyline class="frontier" points="${line.join(' ')}"/>
${points.map(([name, { lag, requests }]) => marks[name as ScheduleName](toX(requests), toY(lag))).join('')}
<text class="small" x="${toX(most.requests / 2)}" y="${toY(0) + 30}" text-anchor="middle">requests</text>
<text class="small" transform="translate(14 ${toY(most.lag / 2)}) rotate(-90)" text-anchor="middle">mean lag</text>
</g>`
}

function drawLegend(y: number): string {
  const names = Object.keys(schedules) as ScheduleName[]
  const entries = names.map((name) => [marks[name](8, 0), schedules[name]] as const)
  const all = [
    ...entries,
    ['<path class="frontier" d="M0 0H18"/>', 'the least lag possible at the published rate'] as const,
  ]
  return all
    .map(([mark, text], at) => {
      const x = 20 + (at % 2) * 390
      return `<g transform="translate(${x} ${y + Math.floor(at / 2) * legendRow + 6})">${mark}<text x="26" y="4">${escaped(text)}</text></g>`
    })
    .join('\n')
}

export function round(value: number): number {
  return Math.round(value * 10) / 10
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
