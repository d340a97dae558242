// Wan 2.6: videos from text or a picture, with a voice or music if given.
import * as z from '../../internal/zod.ts'
import { choice, flag, mediaUrl, text } from '../fields.ts'
import { type Operation, perSecond, strictObject, timed, videoJob, videoTiming } from '../operation.ts'

const fields = {
  /** What to make, up to 2,000 characters. */
  prompt: text(2000),
  /** Seconds, as a string; priced per second. @default '5' */
  duration: choice(['5', '10', '15'], '5'),
  /** What to avoid. */
  negativePrompt: z.optional(z.string()),
  /** The same seed and input make the same video; up to 2147483647. */
  seed: z.optional(z.int().check(z.maximum(2_147_483_647))),
  /** Lets the model rewrite the prompt. @default true */
  enablePromptExpansion: flag(true),
  /** Several shots in one video; needs `enablePromptExpansion`. @default false */
  multiShots: flag(false),
  /** Https URL of mp3 or wav, 3 to 30 seconds, up to 15 MB. */
  audioUrl: z.optional(mediaUrl),
}

const shotsNeedExpansion = z.refine<{ multiShots: boolean; enablePromptExpansion: boolean }>(
  (input) => !input.multiShots || input.enablePromptExpansion,
  { path: ['multiShots'], error: 'must be false, or enablePromptExpansion true' },
)

/** USD per second. */
const hd = '0.10'
const fullHd = '0.15'

/** Listed as 2 to 5 minutes, growing with the length. */
const job = timed(videoJob, videoTiming('duration', 5, 165, 9))

export const wanOperations = {
  /** Videos of 5, 10 or 15 seconds from text, with a voice or music that you give. */
  'wan-2.6/t2v': {
    ...job,
    input: strictObject({
      ...fields,
      /** Pixels, with a star: $0.10 per second, $0.15 for 1920 by 1080. @default '1280*720' */
      size: choice(['1280*720', '720*1280', '1920*1080', '1080*1920'], '1280*720'),
    }).check(shotsNeedExpansion),
    price: ({ duration = '5', size }) => perSecond(duration, String(size).includes('1920') ? fullHd : hd),
  },
  /** Videos of 5, 10 or 15 seconds from a picture, with a voice or music that you give. */
  'wan-2.6/i2v': {
    ...job,
    input: strictObject({
      ...fields,
      /** Https URL of the picture to animate: jpeg, png, gif or webp, up to 10 MB. */
      image: mediaUrl,
      /** Resolution tier: $0.10 per second, $0.15 for 1080p. @default '720p' */
      resolution: choice(['720p', '1080p'], '720p'),
    }).check(shotsNeedExpansion),
    price: ({ duration = '5', resolution }) => perSecond(duration, resolution === '1080p' ? fullHd : hd),
  },
} as const satisfies Record<string, Operation<'video'>>
