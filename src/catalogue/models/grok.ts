// Grok: pictures from text, edits of pictures, and videos from text or a picture.
import * as z from '../../internal/zod.ts'
import { text } from '../fields.ts'
import { mediaUrl, mediaUrls } from '../media.ts'
import { imageJob, type Operation, strictObject, timed, videoJob, videoTiming } from '../operation.ts'
import { listed, perSecond } from '../prices.ts'

const ratios = ['1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3'] as const

const fields = {
  /** What to make or change, up to 8,000 characters. */
  prompt: text(8000),
  /** Width to height. @default '16:9' */
  aspect_ratio: z._default(z.enum([...ratios, '2:1', '1:2', '19.5:9', '9:19.5', '20:9', '9:20']), '16:9'),
}

/** Listed as 17 s; 3 s were seen to take 28 s. */
const timing = videoTiming('duration', 6, 22, 2)

export const grokOperations = {
  'grok/generate': {
    ...imageJob,
    input: strictObject(fields),
    price: listed('0.07'),
    typicalSeconds: 3,
  },
  'grok/edit': {
    ...imageJob,
    input: strictObject({
      ...fields,
      /** Https URLs of the pictures to change, or to use as references: jpeg, png, gif or webp, up to 10 MB each. */
      images: mediaUrls(),
    }),
    price: listed('0.022'),
    typicalSeconds: 3,
  },
  'grok-video/generate': {
    ...timed(videoJob, timing),
    input: strictObject({
      /** What to make, up to 8,000 characters. */
      prompt: text(8000),
      /** Seconds, as a string; $0.05 each. @default '6' */
      duration: z._default(z.enum(['3', '6', '9', '12', '15']), '6'),
      /** Resolution tier; costs the same. @default '720p' */
      resolution: z._default(z.enum(['480p', '720p']), '720p'),
      /** Width to height. @default '16:9' */
      aspect_ratio: z._default(z.enum(ratios), '16:9'),
      /** Https URL of a picture to start from: jpeg, png, gif or webp, up to 10 MB. */
      image: z.optional(mediaUrl),
    }),
    price: ({ duration = '6' }) => perSecond(duration, '0.05'),
  },
} as const satisfies Record<string, Operation<'image' | 'video'>>
