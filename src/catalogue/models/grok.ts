// Grok: pictures from text, edits of pictures, and videos from text or a picture.
import * as z from '../../internal/zod.ts'
import { choice, mediaUrl, mediaUrls, text } from '../fields.ts'
import {
  imageJob,
  listed,
  type Operation,
  perSecond,
  strictObject,
  timed,
  videoJob,
  videoTiming,
} from '../operation.ts'

const ratios = ['1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3'] as const

const fields = {
  /** What to make or change, up to 8,000 characters. */
  prompt: text(8000),
  /** Width to height. @default '16:9' */
  aspect_ratio: choice([...ratios, '2:1', '1:2', '19.5:9', '9:19.5', '20:9', '9:20'], '16:9'),
}

/** Listed as 17 s; 3 s were seen to take 28 s. */
const timing = videoTiming('duration', 6, 22, 2)

export const grokOperations = {
  /** Pictures from text, quick, at one price. */
  'grok/generate': { ...imageJob, input: strictObject(fields), price: listed('0.07'), typicalSeconds: 3 },
  /** Changes pictures, or uses them as references, quick, at one price. */
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
  /** Videos of 3 to 15 seconds from text, or from a picture to start from. */
  'grok-video/generate': {
    ...timed(videoJob, timing),
    input: strictObject({
      /** What to make, up to 8,000 characters. */
      prompt: text(8000),
      /** Seconds, as a string; $0.05 each. @default '6' */
      duration: choice(['3', '6', '9', '12', '15'], '6'),
      /** Resolution tier; costs the same. @default '720p' */
      resolution: choice(['480p', '720p'], '720p'),
      /** Width to height. @default '16:9' */
      aspect_ratio: choice(ratios, '16:9'),
      /** Https URL of a picture to start from: jpeg, png, gif or webp, up to 10 MB. */
      image: z.optional(mediaUrl),
    }),
    price: ({ duration = '6' }) => perSecond(duration, '0.05'),
  },
} as const satisfies Record<string, Operation<'image' | 'video'>>
