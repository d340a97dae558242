// Sora 2: videos from text, or from a picture.
import * as z from '../../internal/zod.ts'
import { choice, flag, mediaUrl, text } from '../fields.ts'
import { type Operation, perSecond, strictObject, timed, videoJob, videoTiming } from '../operation.ts'

const sizes = ['720x1280', '1280x720'] as const

const fields = {
  /** What to make. */
  prompt: text(),
  /** Seconds, as a string; priced per second. @default '4' */
  seconds: choice(['4', '8', '12'], '4'),
  /** Pixels; $0.10 per second. @default '1280x720' */
  size: choice(sizes, '1280x720'),
  /** Https URL of a reference picture (not the exact first frame): jpeg, png, gif or webp, up to 10 MB. */
  input_reference: z.optional(mediaUrl),
  /** Crops `input_reference` to the video's shape. @default true */
  autoCrop: flag(true),
}

const proFields = {
  ...fields,
  /** Pixels; $0.30 per second, $0.50 for the two larger ones. @default '1280x720' */
  size: choice([...sizes, '1024x1792', '1792x1024'], '1280x720'),
}

/** Listed as 1 to 3 minutes, growing with the length. */
const timing = videoTiming('seconds', 4, 90, 7.5)

/** Listed as 2 to 5 minutes. */
const proTiming = videoTiming('seconds', 4, 165, 11.25)

export const soraOperations = {
  /** Videos of 4, 8 or 12 seconds from text, with a reference picture if you like. */
  'sora-2/generate': {
    ...timed(videoJob, timing),
    input: strictObject(fields),
    price: ({ seconds = '4' }) => perSecond(seconds, '0.10'),
  },
  /** Videos of 4, 8 or 12 seconds from text, with a reference picture if you like, in up to 1792 by 1024 pixels. */
  'sora-2-pro/generate': {
    ...timed(videoJob, proTiming),
    input: strictObject(proFields),
    price: ({ seconds = '4', size }) => perSecond(seconds, String(size).includes('1792') ? '0.50' : '0.30'),
  },
} as const satisfies Record<string, Operation<'video'>>
