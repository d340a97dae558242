// Image operations: inputs exactly as the service spells them.
import * as z from 'zod/mini'
import { listed, type Operation } from './operation.ts'

const prompt = z.string().check(z.minLength(1))

const gptImageFields = {
  /** What to make. */
  prompt,
  /** Pixels of the result; `auto` lets the model choose. */
  size: z.optional(z.enum(['1024x1024', '1536x1024', '1024x1536', 'auto'])),
  /** Detail; drives the price. */
  quality: z.optional(z.enum(['low', 'medium', 'high'])),
  /** `transparent` needs `output_format` png or webp. */
  background: z.optional(z.enum(['transparent', 'opaque', 'auto'])),
  output_format: z.optional(z.enum(['png', 'jpeg', 'webp'])),
  /** 0 is none; higher makes smaller files. */
  output_compression: z.optional(z.number().check(z.minimum(0), z.maximum(100))),
  /** How strict the content filter is. */
  moderation: z.optional(z.enum(['low', 'auto'])),
}

const gptImage = { kind: 'image', pollSeconds: 10, deadlineSeconds: 600 } as const
const image = { kind: 'image', pollSeconds: 5, deadlineSeconds: 300 } as const

const transparentNeedsAlpha = z.refine<{ background?: unknown; output_format?: unknown }>(
  (input) => input.background !== 'transparent' || input.output_format !== 'jpeg',
  { path: ['output_format'], error: 'must be png or webp, because background is transparent' },
)

export const imageOperations = {
  'gpt-image-1/generate': {
    ...gptImage,
    input: z.strictObject(gptImageFields).check(transparentNeedsAlpha),
    price: listed('0.011', '0.25'),
    typicalSeconds: 10,
  },
  'gpt-image-1.5/generate': {
    ...gptImage,
    input: z.strictObject(gptImageFields).check(transparentNeedsAlpha),
    price: listed('0.009', '0.20'),
    typicalSeconds: 10,
  },
  'nano-banana-pro/generate': {
    ...image,
    input: z.strictObject({
      /** What to make. */
      prompt,
      aspectRatio: z.optional(
        z.enum(['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9']),
      ),
      /** Resolution tier; drives the price. */
      imageSize: z.optional(z.enum(['1K', '2K', '4K'])),
    }),
    price: listed('0.13', '0.24'),
    typicalSeconds: 10,
  },
} as const satisfies Record<string, Operation<'image'>>
