// A screen as SVG, on a dark and on a light ground.
import type { Inline, Scene, Screen } from './terminal.ts'

export const grounds = {
  dark: {
    back: '#14181d',
    text: '#d8dee6',
    dim: '#6f7a86',
    edge: '#2b323a',
    colors: ['#14181d', '#ef6b73', '#8fc77a', '#e3b866', '#6aa9f0', '#c48be0', '#5fc5cf', '#d8dee6'],
  },
  light: {
    back: '#ffffff',
    text: '#24292f',
    dim: '#8c959f',
    edge: '#d0d7de',
    colors: ['#24292f', '#c5303b', '#2b7a35', '#8a6100', '#0b5fc0', '#7d3fb0', '#0f7680', '#57606a'],
  },
} as const

type Ground = (typeof grounds)[keyof typeof grounds]

const cell = { width: 8.4, height: 19 }
const margin = { x: 16, y: 14 }
const fonts = 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace'
const inXml = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')

export function svgOf(screen: Screen, { columns, line }: Scene, ground: Ground): string {
  const { lines, pictures } = screen
  const rows = lines.length + pictures.reduce((sum, one) => sum + rowsOf(one), 0)
  const width = Math.round(columns * cell.width) + 2 * margin.x
  const height = rows * cell.height + 2 * margin.y
  const texts = lines.map((_, at) => lineOf(screen, at, ground)).join('')
  const images = pictures.map((one) => imageOf(screen, one)).join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${fonts}" font-size="14"><title>$ ${inXml(line)}</title><rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="${ground.back}" stroke="${ground.edge}"/>${texts}${images}</svg>\n`
}

/** How many lines a picture takes. */
function rowsOf({ columns, png }: Inline): number {
  return Math.ceil(heightOf(columns, png) / cell.height)
}

/** The size stands at byte 16 of a PNG: https://www.w3.org/TR/png-3/#11IHDR */
function heightOf(columns: number, png: Buffer): number {
  return (columns * cell.width * png.readUInt32BE(20)) / png.readUInt32BE(16)
}

/** The lines that pictures above this one take. */
function shiftOf({ pictures }: Screen, line: number): number {
  return pictures.filter((one) => one.line < line).reduce((sum, one) => sum + rowsOf(one), 0)
}

function imageOf(screen: Screen, one: Inline): string {
  const y = margin.y + (one.line + shiftOf(screen, one.line)) * cell.height + 4
  const width = (one.columns * cell.width).toFixed(0)
  const height = heightOf(one.columns, one.png).toFixed(0)
  return `<image x="${margin.x}" y="${y}" width="${width}" height="${height}" href="data:image/png;base64,${one.png.toString('base64')}"/>`
}

/** A text for each run of cells that look the same. */
function lineOf(screen: Screen, at: number, ground: Ground): string {
  const line = screen.terminal.buffer.active.getLine(at)
  const runs: { x: number; text: string; fill: string }[] = []
  for (let x = 0; x < screen.terminal.cols; x += 1) {
    const one = line?.getCell(x)
    if (!one || one.getWidth() === 0) continue
    const color = one.isFgPalette() ? ground.colors[one.getFgColor() % 8] : ground.text
    const fill = one.isDim() ? ground.dim : (color ?? ground.text)
    const last = runs.at(-1)
    if (last?.fill === fill) last.text += one.getChars() || ' '
    else runs.push({ x, text: one.getChars() || ' ', fill })
  }
  const top = margin.y + (at + shiftOf(screen, at) + 0.75) * cell.height
  return runs
    .filter(({ text }) => text.trim() !== '')
    .map(({ x, text, fill }) => {
      const kept = text.trimEnd()
      return `<text x="${(margin.x + x * cell.width).toFixed(1)}" y="${top.toFixed(1)}" fill="${fill}" textLength="${(kept.length * cell.width).toFixed(1)}" xml:space="preserve">${inXml(kept)}</text>`
    })
    .join('')
}

/** The lines of a picture that was drawn before. */
export function linesIn(svg: string): string[] {
  const lines = new Map<string, string>()
  for (const [, x = '', y = '', text = ''] of svg.matchAll(
    /<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</g,
  )) {
    const at = Math.round((Number(x) - margin.x) / cell.width)
    const shown = text.replaceAll('&lt;', '<').replaceAll('&amp;', '&')
    lines.set(y, (lines.get(y) ?? '').padEnd(at) + shown)
  }
  return [...lines.values()]
}
