// GPT Image: pictures from text, and edits of pictures.
import * as z from '../../internal/zod.ts'
import { choice, mediaUrls, number, text } from '../fields.ts'
import {
  imageJob,
  type Operation,
  type Price,
  type PriceRange,
  spanOf,
  strictObject,
  usd,
} from '../operation.ts'

const job = { ...imageJob, pollSeconds: 10, deadlineSeconds: 600 } as const

const sizes = ['1024x1024', '1536x1024', '1024x1536'] as const
const qualities = ['low', 'medium', 'high'] as const
const backgrounds = ['transparent', 'opaque', 'auto'] as const
const formats = ['png', 'jpeg', 'webp'] as const
const moderations = ['low', 'auto'] as const
const fidelities = ['high', 'low'] as const

const fields = {
  /** What to make or change. */
  prompt: text(),
  /** Pixels of the result; drive the price. `auto` lets the model choose. */
  size: z.optional(z.enum([...sizes, 'auto'])),
  /** Detail; drives the price. @default 'high' */
  quality: choice(qualities, 'high'),
  /** `transparent` needs `output_format` png or webp. @default 'auto' */
  background: choice(backgrounds, 'auto'),
  /** File format of the result. @default 'png' */
  output_format: choice(formats, 'png'),
  /** 0 is none, 100 makes the smallest file. @default 0 */
  output_compression: number(0, 100, 0),
  /** How strict the content filter is. @default 'low' */
  moderation: choice(moderations, 'low'),
}

/** The older model: no defaults, because none are known for its schema. */
const fields1 = {
  /** What to make or change. */
  prompt: text(),
  /** Pixels of the result; wide and tall cost more than square. `auto` lets the model choose. */
  size: z.optional(z.enum([...sizes, 'auto'])),
  /** Detail; drives the price. */
  quality: z.optional(z.enum(qualities)),
  /** `transparent` needs `output_format` png or webp. */
  background: z.optional(z.enum(backgrounds)),
  /** File format of the result. */
  output_format: z.optional(z.enum(formats)),
  /** 0 is none, 100 makes the smallest file. */
  output_compression: z.optional(z.number().check(z.minimum(0), z.maximum(100))),
  /** How strict the content filter is. */
  moderation: z.optional(z.enum(moderations)),
}

const fields2 = {
  ...fields,
  /** The background; this model cannot make it transparent. @default 'auto' */
  background: choice(['opaque', 'auto'], 'auto'),
}

const fields25 = {
  ...fields,
  /** Pixels of the result; drive the price. @default '1024x1024' */
  size: choice(sizes, '1024x1024'),
  /** Detail; drives the price. @default 'high' */
  quality: choice([...qualities, 'xhigh', 'max'], 'high'),
}

const source = {
  /** Https URLs of the pictures to change, or to use as references: jpeg, png, gif or webp, up to 10 MB each. */
  images: mediaUrls(),
}

const source25 = {
  /** Https URLs of 1 to 16 pictures to change, or to use as references: jpeg, png, gif or webp, up to 10 MB each. */
  images: mediaUrls(16),
}

const transparentNeedsAlpha = z.refine<{ background?: unknown; output_format?: unknown }>(
  (input) => input.background !== 'transparent' || input.output_format !== 'jpeg',
  { path: ['output_format'], error: 'must be png or webp, because background is transparent' },
)

type Known = Readonly<Record<string, { square: PriceRange; wide: PriceRange }>>

/**
 * The price by quality and size. Where a size is not known to have a price of its own, it is bounded: a lower quality
 * costs no more than a higher one, and 1.5 times the pixels cost no more than 1.5 times as much, in whole cents. Edits
 * have the list of generations, so pictures that are given cost nothing.
 */
function priced(list: PriceRange, known: Known, standard: { quality?: string; size?: string }): Price {
  return ({ quality = standard.quality, size = standard.size }) => {
    const name = String(quality)
    const prices = Object.hasOwn(known, name) ? known[name] : undefined
    if (!prices) return list
    if (size === '1024x1024') return prices.square
    return size === '1536x1024' || size === '1024x1536' ? prices.wide : spanOf(prices.square, prices.wide)
  }
}

/** Published by OpenAI; the ends of its list are those of the service, whose documents confirm one high price. */
const price1 = priced(
  usd('0.011', '0.25'),
  {
    low: { square: usd('0.011'), wide: usd('0.016') },
    medium: { square: usd('0.042'), wide: usd('0.063') },
    high: { square: usd('0.17'), wide: usd('0.25') },
  },
  {},
)

/** Quoted: $0.01 for low and square. */
const price15 = priced(
  usd('0.009', '0.20'),
  { low: { square: usd('0.01'), wide: usd('0.009', '0.02') } },
  { quality: 'high' },
)

/** Quoted: $0.01 for low and square, $0.21 for the defaults, $0.17 for high and wide. */
const price2 = priced(
  usd('0.005', '0.21'),
  {
    low: { square: usd('0.01'), wide: usd('0.005', '0.02') },
    medium: { square: usd('0.01', '0.21'), wide: usd('0.005', '0.17') },
    high: { square: usd('0.21'), wide: usd('0.17') },
  },
  { quality: 'high' },
)

/** Quoted: $0.01 for medium, $0.05 for high. */
const priceFlare = priced(
  usd('0.005', '0.211'),
  {
    low: { square: usd('0.005', '0.01'), wide: usd('0.005', '0.02') },
    medium: { square: usd('0.01'), wide: usd('0.005', '0.02') },
    high: { square: usd('0.05'), wide: usd('0.01', '0.08') },
  },
  { quality: 'high', size: '1024x1024' },
)

const priceSunburst = () => usd('0.005', '0.211')

const older = { ...job, price: price1, typicalSeconds: 10 } as const
const image15 = { ...job, price: price15, typicalSeconds: 10 } as const
const image2 = { ...job, price: price2, typicalSeconds: 150 } as const
const image25 = { ...job, typicalSeconds: 40 } as const

const input25 = strictObject(fields25).check(transparentNeedsAlpha)
const editInput25 = strictObject({ ...fields25, ...source25 }).check(transparentNeedsAlpha)

export const gptImageOperations = {
  /** Pictures from text. The service no longer lists it: use gpt-image-1.5 or gpt-image-2. */
  'gpt-image-1/generate': { ...older, input: strictObject(fields1).check(transparentNeedsAlpha) },
  /** Changes pictures. The service no longer lists it: use gpt-image-1.5 or gpt-image-2. */
  'gpt-image-1/edit': {
    ...older,
    input: strictObject({
      ...fields1,
      /** How closely to follow the pictures. */
      input_fidelity: z.optional(z.enum(fidelities)),
      ...source,
    }).check(transparentNeedsAlpha),
  },
  /** Pictures from text, quick; their background can be transparent. */
  'gpt-image-1.5/generate': { ...image15, input: strictObject(fields).check(transparentNeedsAlpha) },
  /** Changes pictures, or uses them as references; the background can be transparent. */
  'gpt-image-1.5/edit': {
    ...image15,
    input: strictObject({
      ...fields,
      /** How closely to follow the pictures. @default 'high' */
      input_fidelity: choice(fidelities, 'high'),
      ...source,
    }).check(transparentNeedsAlpha),
  },
  /** Pictures from text, careful: takes minutes. Their background cannot be transparent. */
  'gpt-image-2/generate': { ...image2, input: strictObject(fields2) },
  /** Changes pictures, or uses them as references; takes minutes. */
  'gpt-image-2/edit': { ...image2, input: strictObject({ ...fields2, ...source }) },
  /** Pictures from text for everyday use, in five qualities. */
  'gpt-image-2.5-flare/generate': { ...image25, input: input25, price: priceFlare },
  /** Changes 1 to 16 pictures, or uses them as references, in five qualities. */
  'gpt-image-2.5-flare/edit': { ...image25, input: editInput25, price: priceFlare },
  /** Pictures from text that follow it precisely, in five qualities. */
  'gpt-image-2.5-sunburst/generate': { ...image25, input: input25, price: priceSunburst },
  /** Precise changes of 1 to 16 pictures, in five qualities. */
  'gpt-image-2.5-sunburst/edit': { ...image25, input: editInput25, price: priceSunburst },
} as const satisfies Record<string, Operation<'image'>>
