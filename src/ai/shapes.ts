// From the AI SDK's pixels and ratios to the fields in which a model takes its shape.
import type { SharedV4Warning } from '@ai-sdk/provider'
import { approximated, type Fields, type Problems, unsupported } from './problems.ts'

/** How an operation takes the shape of what it makes. */
export type Shape = {
  /** Exact pixels, `WxH`, and the ones that stand for a ratio where the operation has no field for one. */
  pixels?: { field: string; sizes: readonly string[]; byRatio?: Readonly<Record<string, string>>; sign?: '*' }
  ratio?: { field: string; values: readonly string[] }
  tier?: Tier
}

/** Names for amounts of pixels, from small to large. */
type Tier = {
  field: string
  /**
   * What is measured. `longer`: the longer side, at most. `shorter`: the shorter side, exactly. `area`: megapixels, the
   * next name up.
   */
  by: 'longer' | 'shorter' | 'area'
  values: Readonly<Record<string, number>>
}

/** What is asked for. `path` is what the AI SDK calls the pixels: `size` of a picture, `resolution` of a video. */
export type Asked = { path: 'size' | 'resolution'; pixels: string | undefined; ratio: string | undefined }

type Pixels = { width: number; height: number }

/** Ratios within this share of each other are taken for the same. */
const tolerance = 0.03

/** The fields for what is asked. Adds a problem for what has no counterpart. */
export function fieldsOfShape(
  shape: Shape,
  asked: Asked,
  problems: Problems,
  warnings: SharedV4Warning[],
): Fields {
  if (asked.ratio !== undefined && ratioOf(asked.ratio) === undefined) {
    problems.add('aspectRatio', `must be WIDTH:HEIGHT${allowedRatios(shape)}`)
    return {}
  }
  if (asked.pixels === undefined) return fieldsOfRatio(shape, asked.ratio, problems, warnings)
  const pixels = pixelsOf(asked.pixels)
  if (!pixels) {
    problems.add(asked.path, `must be WIDTHxHEIGHT${list(shape.pixels?.sizes ?? [])}`)
    return {}
  }
  checkAgreement(asked, pixels, problems, warnings)
  return fieldsOfPixels(shape, asked, pixels, problems, warnings)
}

/** A picture's size counts; a video's resolution and ratio must agree, since both are orders for its shape. */
function checkAgreement(
  { path, ratio }: Asked,
  pixels: Pixels,
  problems: Problems,
  warnings: SharedV4Warning[],
) {
  const meant = ratio === undefined ? undefined : ratioOf(ratio)
  if (meant === undefined || isClose(meant, pixels.width / pixels.height)) return
  if (path === 'size')
    warnings.push(unsupported('aspectRatio', 'size is given and has another ratio; size counts'))
  else problems.add('aspectRatio', 'must agree with resolution; pass only one of them')
}

function fieldsOfPixels(
  { pixels: exact, ratio, tier }: Shape,
  { path, pixels: asked = '' }: Asked,
  pixels: Pixels,
  problems: Problems,
  warnings: SharedV4Warning[],
): Fields {
  const size = `${pixels.width}x${pixels.height}`
  const near = ratio && nearestOf(ratio.values, pixels.width / pixels.height)
  const fields: Fields = ratio && near ? { [ratio.field]: near } : {}
  if (exact?.sizes.includes(size)) return { ...fields, [exact.field]: spelled(size, exact.sign) }
  if (!ratio && !tier) {
    problems.add(path, exact ? `must be one of ${exact.sizes.join(', ')}` : noField)
    return {}
  }
  if (ratio && !near) problems.add(path, `must be within 3 % of a ratio of ${ratio.values.join(', ')}`)
  const name = tier && nameIn(tier, pixels)
  if (tier && !name) problems.add(path, tierProblem(tier, exact?.sizes))
  if (tier && name) fields[tier.field] = name
  const isExact =
    tier?.by === 'shorter' && near !== undefined && ratioOf(near) === pixels.width / pixels.height
  if (!isExact)
    warnings.push(approximated(path, `${asked} became ${told(fields)}${ratio ? '' : shapeFollows}`))
  return fields
}

function fieldsOfRatio(
  { pixels, ratio, tier }: Shape,
  asked: string | undefined,
  problems: Problems,
  warnings: SharedV4Warning[],
): Fields {
  if (asked === undefined) return {}
  const same = (values: readonly string[]) => values.find((one) => ratioOf(one) === ratioOf(asked))
  const values = ratio?.values ?? Object.keys(pixels?.byRatio ?? {})
  const found = same(values)
  if (found && ratio) return { [ratio.field]: found }
  if (found && pixels?.byRatio?.[found])
    return { [pixels.field]: spelled(pixels.byRatio[found], pixels.sign) }
  if (values.length > 0) problems.add('aspectRatio', `must be one of ${values.join(', ')}`)
  else if (tier) warnings.push(unsupported('aspectRatio', shapeFollows.replace(/^; /, '')))
  else problems.add('aspectRatio', noField)
  return {}
}

/** For models that are not known here. */
export const noField =
  "is not known to have a counterpart in this model; set the service's own field in providerOptions.stablestudio"

const shapeFollows = '; the shape follows the picture'

function nameIn({ by, values }: Tier, { width, height }: Pixels): string | undefined {
  const steps = Object.entries(values)
  const [shorter, longer, megapixels] = [
    Math.min(width, height),
    Math.max(width, height),
    (width * height) / 1e6,
  ]
  if (by === 'shorter') return steps.find(([, side]) => side === shorter)?.[0]
  if (by === 'longer') return steps.find(([, side]) => longer <= side)?.[0]
  const largest = steps.at(-1)
  if (!largest || megapixels < leastMegapixels || megapixels > largest[1] * beyondLargest) return undefined
  return (steps.find(([, size]) => megapixels <= size * nearlySame) ?? largest)[0]
}

const leastMegapixels = 0.2
const nearlySame = 1.1
const beyondLargest = 1.2

function tierProblem({ by, values }: Tier, sizes: readonly string[] = []): string {
  const steps = Object.values(values)
  const largest = Math.max(...steps)
  if (by === 'longer') return `must have at most ${largest} pixels on its longer side`
  if (by === 'area')
    return `must have ${leastMegapixels} to ${+(largest * beyondLargest).toFixed(2)} megapixels`
  return `must have ${steps.join(' or ')} pixels on its shorter side${sizes.length > 0 ? `, or be one of ${sizes.join(', ')}` : ''}`
}

function pixelsOf(text: unknown): Pixels | undefined {
  const [, width, height] = /^([1-9]\d{0,5})x([1-9]\d{0,5})$/.exec(String(text)) ?? []
  return width && height ? { width: Number(width), height: Number(height) } : undefined
}

/** Width by height; some models have ratios such as `19.5:9`. */
function ratioOf(text: unknown): number | undefined {
  const [, width, height] = /^(\d{1,5}(?:\.\d{1,3})?):(\d{1,5}(?:\.\d{1,3})?)$/.exec(String(text)) ?? []
  const ratio = Number(width) / Number(height)
  return Number.isFinite(ratio) && ratio > 0 ? ratio : undefined
}

/** Some models have two ratios that are close to each other, such as `19.5:9` and `20:9`. */
function nearestOf(values: readonly string[], ratio: number): string | undefined {
  const distance = (one: string) => Math.abs((ratioOf(one) ?? 0) / ratio - 1)
  return values
    .filter((one) => isClose(ratioOf(one), ratio))
    .sort((one, other) => distance(one) - distance(other))[0]
}

function isClose(one: number | undefined, other: number): boolean {
  return one !== undefined && Math.abs(one / other - 1) <= tolerance
}

function spelled(size: string, sign?: string): string {
  return sign ? size.replace('x', sign) : size
}

function told(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

function allowedRatios({ ratio, pixels }: Shape): string {
  return list(ratio?.values ?? Object.keys(pixels?.byRatio ?? {}))
}

const list = (values: readonly string[]) => (values.length > 0 ? `, one of ${values.join(', ')}` : '')
