// Arrow 1.1: pictures into SVG.
import * as z from '../../internal/zod.ts'
import { flag, integer, mediaUrl, number } from '../fields.ts'
import { listed, type Operation, strictObject, svgJob } from '../operation.ts'

const input = strictObject({
  /** Ignored by this operation. @default '' */
  prompt: z._default(z.string(), ''),
  /** Https URL of the picture to vectorize: jpeg, png, gif or webp, up to 10 MB. */
  image: mediaUrl,
  /** Pixels of the square that the picture is fitted to first, 128 to 4096. @default 1024 */
  target_size: integer(128, 4096, 1024),
  /** Crops to the main subject. @default false */
  auto_crop: flag(false),
  /** How long the SVG may become, in tokens, up to 131072. @default 4096 */
  max_output_tokens: integer(1, 131_072, 4096),
  /** Randomness, 0 to 2. @default 1 */
  temperature: number(0, 2, 1),
  /** Share of likely tokens to choose from, 0 to 1. @default 1 */
  top_p: number(0, 1, 1),
  /** Penalty for repetition, -2 to 2. @default 0 */
  presence_penalty: number(-2, 2, 0),
})

export const arrowOperations = {
  /** A picture into an SVG. */
  'arrow-1.1/vectorize': { ...svgJob, input, price: listed('0.15'), typicalSeconds: 30 },
  /** A picture into an SVG, by the larger model: takes twice as long as arrow-1.1. */
  'arrow-1.1-max/vectorize': { ...svgJob, input, price: listed('0.20'), typicalSeconds: 60 },
} as const satisfies Record<string, Operation<'svg'>>
