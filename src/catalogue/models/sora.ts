// Sora 2: videos from text, or after a picture.
import * as z from '../../internal/zod.ts'
import { flag, text } from '../fields.ts'
import { mediaUrl } from '../media.ts'
import { type InputTiming, type Operation, secondsOf, strictObject, timed, videoJob } from '../operation.ts'
import { perSecond } from '../prices.ts'

const sizes = ['720x1280', '1280x720'] as const

const fields = {
  /** What to make. */
  prompt: text(),
  /** Seconds, as a string; the price is by the second. @default '4' */
  seconds: z._default(z.enum(['4', '8', '12']), '4'),
  /** Pixels; $0.10 a second. @default '1280x720' */
  size: z._default(z.enum(sizes), '1280x720'),
  /** Https URL of a picture to go by (not the exact first frame): jpeg, png, gif or webp, up to 10 MB. */
  input_reference: z.optional(mediaUrl),
  /** Crops `input_reference` to the video's shape. @default true */
  autoCrop: flag(true),
}

const proFields = {
  ...fields,
  /** Pixels; $0.30 a second, $0.50 for the two larger ones. @default '1280x720' */
  size: z._default(z.enum([...sizes, '1024x1792', '1792x1024']), '1280x720'),
}

const deadlineSeconds = videoJob.deadlineSeconds

/** Listed as 1 to 3 minutes: the longest take the longest. */
const timing: InputTiming = ({ seconds }) => ({
  typicalSeconds: 90 + 7.5 * secondsOf(seconds, 4),
  deadlineSeconds,
})

/** Listed as 2 to 5 minutes. */
const proTiming: InputTiming = ({ seconds }) => ({
  typicalSeconds: 165 + 11.25 * secondsOf(seconds, 4),
  deadlineSeconds,
})

export const soraOperations = {
  'sora-2/generate': {
    ...timed(videoJob, timing),
    input: strictObject(fields),
    price: ({ seconds = '4' }) => perSecond(seconds, '0.10'),
  },
  'sora-2-pro/generate': {
    ...timed(videoJob, proTiming),
    input: strictObject(proFields),
    price: ({ seconds = '4', size }) => perSecond(seconds, String(size).includes('1792') ? '0.50' : '0.30'),
  },
} as const satisfies Record<string, Operation<'video'>>
