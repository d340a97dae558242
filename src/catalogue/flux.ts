// FLUX.2: pictures from text, and edits of pictures.
import * as z from '../internal/zod.ts'
import { flag, integer, text } from './fields.ts'
import { mediaUrls } from './media.ts'
import { imageJob, type Operation, strictObject } from './operation.ts'
import { listed } from './price.ts'

const resolutions = ['0.5 MP', '1 MP', '2 MP'] as const

const proFields = {
  /** What to make or change, up to 10,000 characters. */
  prompt: text(10_000),
  /** Width to height. @default '1:1' */
  aspect_ratio: z._default(z.enum(['1:1', '16:9', '9:16', '3:2', '2:3', '4:5', '5:4', '4:3', '3:4']), '1:1'),
  /** Megapixels of the result; drives the price. @default '1 MP' */
  resolution: z._default(z.enum(resolutions), '1 MP'),
  /** File format of the result. @default 'webp' */
  output_format: z._default(z.enum(['webp', 'jpg', 'png']), 'webp'),
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
  resolution: z._default(z.enum([...resolutions, '4 MP']), '1 MP'),
}

export const fluxOperations = {
  'flux-2-pro/generate': {
    ...imageJob,
    input: strictObject(proFields),
    price: listed('0.02', '0.04'),
    typicalSeconds: 5,
  },
  'flux-2-pro/edit': {
    ...imageJob,
    input: strictObject({
      ...proFields,
      /** Https URLs of 1 to 8 pictures to change or to go by: jpeg, png, gif or webp, up to 10 MB each. */
      images: mediaUrls(8),
    }),
    price: listed('0.03', '0.06'),
    typicalSeconds: 5,
  },
  'flux-2-max/generate': {
    ...imageJob,
    input: strictObject(maxFields),
    price: listed('0.04', '0.17'),
    typicalSeconds: 8,
  },
  'flux-2-max/edit': {
    ...imageJob,
    input: strictObject({
      ...maxFields,
      /** Https URLs of 1 to 10 pictures to change or to go by: jpeg, png, gif or webp, up to 10 MB each. */
      images: mediaUrls(10),
    }),
    price: listed('0.04', '0.17'),
    typicalSeconds: 8,
  },
} as const satisfies Record<string, Operation<'image'>>
