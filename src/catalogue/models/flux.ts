// FLUX.2: pictures from text, and edits of pictures.
import * as z from '../../internal/zod.ts'
import { choice, flag, integer, mediaUrls, text } from '../fields.ts'
import { byTier, imageJob, type Operation, type Price, strictObject, usd } from '../operation.ts'

const resolutions = ['0.5 MP', '1 MP', '2 MP'] as const

const proFields = {
  /** What to make or change, up to 10,000 characters. */
  prompt: text(10_000),
  /** Width to height. @default '1:1' */
  aspect_ratio: choice(['1:1', '16:9', '9:16', '3:2', '2:3', '4:5', '5:4', '4:3', '3:4'], '1:1'),
  /** Megapixels of the result; drives the price. @default '1 MP' */
  resolution: choice(resolutions, '1 MP'),
  /** File format of the result. @default 'webp' */
  output_format: choice(['webp', 'jpg', 'png'], 'webp'),
  /** 0 to 100, for jpg and webp. @default 80 */
  output_quality: integer(0, 100, 80),
  /** The same seed and input make the same picture. */
  seed: z.optional(z.int()),
  /** 1 (strict) to 5 (permissive). @default 2 */
  safety_tolerance: integer(1, 5, 2),
  /** Lets the model rewrite the prompt. @default false */
  prompt_upsampling: flag(false),
}

const maxFields = {
  ...proFields,
  /** Megapixels of the result; drives the price. @default '1 MP' */
  resolution: choice([...resolutions, '4 MP'], '1 MP'),
}

const tierOf = ({ resolution = '1 MP' }: Record<string, unknown>) => resolution

// Quoted at 1 MP: $0.03, an edit of one picture $0.04. The list's maximum is for the largest.
const proPrice = byTier(
  usd('0.02', '0.04'),
  { '0.5 MP': usd('0.02', '0.03'), '1 MP': usd('0.03'), '2 MP': usd('0.04') },
  tierOf,
)
const proEditPrice = byTier(
  usd('0.03', '0.06'),
  { '0.5 MP': usd('0.03', '0.04'), '1 MP': usd('0.04'), '2 MP': usd('0.06') },
  tierOf,
)

/** What further pictures cost is not known: only that no edit costs more than the list's maximum. */
const proEditPriceByPictures: Price = (input) => {
  const one = proEditPrice(input)
  return Array.isArray(input.images) && input.images.length > 1 ? usd(one.min, '0.06') : one
}

// Quoted: $0.04 at 0.5 MP, $0.07 at 1 MP. Edits have the same list.
const maxPrice = byTier(
  usd('0.04', '0.17'),
  { '0.5 MP': usd('0.04'), '1 MP': usd('0.07'), '2 MP': usd('0.07', '0.17'), '4 MP': usd('0.17') },
  tierOf,
)

// Listed as 5 s and 8 s; the first was seen to take 16 s.
const pro = { ...imageJob, price: proPrice, typicalSeconds: 16 } as const
const max = { ...imageJob, price: maxPrice, typicalSeconds: 25 } as const

export const fluxOperations = {
  /** Pictures from text, in up to 2 megapixels, at a low price. */
  'flux-2-pro/generate': { ...pro, input: strictObject(proFields) },
  /** Changes 1 to 8 pictures, or uses them as references, in up to 2 megapixels. */
  'flux-2-pro/edit': {
    ...pro,
    input: strictObject({
      ...proFields,
      /** Https URLs of 1 to 8 pictures to change, or to use as references: jpeg, png, gif or webp, up to 10 MB each. */
      images: mediaUrls(8),
    }),
    price: proEditPriceByPictures,
  },
  /** Pictures from text, in up to 4 megapixels. */
  'flux-2-max/generate': { ...max, input: strictObject(maxFields) },
  /** Changes 1 to 10 pictures, or uses them as references, in up to 4 megapixels. */
  'flux-2-max/edit': {
    ...max,
    input: strictObject({
      ...maxFields,
      /** Https URLs of 1 to 10 pictures to change, or to use as references: jpeg, png, gif or webp, up to 10 MB each. */
      images: mediaUrls(10),
    }),
  },
} as const satisfies Record<string, Operation<'image'>>
