// Veo 3.1, in quality and fast: videos from text, from frames, or from reference pictures.
import * as z from '../../internal/zod.ts'
import { choice, mediaUrl, optionalMediaUrls, text } from '../fields.ts'
import { type Operation, perSecond, strictObject, timed, videoJob, videoTiming } from '../operation.ts'

// imageMode has no default: the service's own is interpolation, even without a picture.
const fastFields = {
  /** What to make. */
  prompt: text(),
  /** Seconds, as a string; $0.25 each ($0.40 without `-fast`). @default '4' */
  durationSeconds: choice(['4', '6', '8'], '4'),
  /** Resolution tier; costs the same. @default '720p' */
  resolution: choice(['720p', '1080p'], '720p'),
  /** Width to height. @default '16:9' */
  aspectRatio: choice(['16:9', '9:16'], '16:9'),
  /**
   * What the pictures are for: `first-frame` needs `image`, `interpolation` needs `image` and `lastFrame`, `reference`
   * needs `referenceImages`. Leave it out for text alone.
   */
  imageMode: z.optional(z.enum(['none', 'first-frame', 'reference', 'interpolation'])),
  /** Https URL of the first frame: jpeg, png, gif or webp, up to 10 MB. */
  image: z.optional(mediaUrl),
  /** Https URL of the last frame; needs `image`. */
  lastFrame: z.optional(mediaUrl),
  /** Https URLs of up to 3 reference pictures; needs `imageMode: 'reference'`. */
  referenceImages: optionalMediaUrls(3),
}

const fields = {
  ...fastFields,
  /** What to avoid. */
  negativePrompt: z.optional(z.string()),
}

type Pictures = {
  imageMode?: string | undefined
  image?: unknown
  lastFrame?: unknown
  referenceImages?: readonly unknown[] | undefined
}

/** What each mode works with. The rest would be paid for and ignored. */
const picturesOf: Record<string, string> = {
  none: 'no picture',
  'first-frame': 'image',
  interpolation: 'image and lastFrame',
  reference: 'referenceImages',
}

const picturesFitMode = z.refine<Pictures>((input) => problemOf(input) === undefined, {
  path: ['imageMode'],
  error: (issue) => problemOf(issue.input as Pictures),
})

function problemOf({ imageMode, image, lastFrame, referenceImages = [] }: Pictures): string | undefined {
  const references = referenceImages.length > 0
  // Interpolation, the service's default, would ignore them.
  if (imageMode === undefined && references) return 'must be reference, because referenceImages is given'
  const mode = imageMode ?? (lastFrame ? 'interpolation' : image ? 'first-frame' : 'none')
  const given = [image && 'image', lastFrame && 'lastFrame', references && 'referenceImages'].filter(Boolean)
  const needed = picturesOf[mode]
  return (given.join(' and ') || picturesOf.none) === needed
    ? undefined
    : `must fit the pictures: ${mode} takes ${needed}`
}

/** Listed as 1 to 2 minutes, growing with the length. */
const timing = videoTiming('durationSeconds', 4, 60, 7.5)

export const veoOperations = {
  /** Videos of 4, 6 or 8 seconds from text, from frames, or from reference pictures. */
  'veo-3.1/generate': {
    ...timed(videoJob, timing),
    input: strictObject(fields).check(picturesFitMode),
    price: ({ durationSeconds = '4' }) => perSecond(durationSeconds, '0.40'),
  },
  /** Videos of 4, 6 or 8 seconds from text, frames or reference pictures: cheaper and faster than veo-3.1. */
  'veo-3.1-fast/generate': {
    ...videoJob,
    input: strictObject(fastFields).check(picturesFitMode),
    price: ({ durationSeconds = '4' }) => perSecond(durationSeconds, '0.25'),
    typicalSeconds: 30,
  },
} as const satisfies Record<string, Operation<'video'>>
