// Seedance 2, in quality and fast: videos with sound from text, from frames, or guided by references.
import * as z from '../../internal/zod.ts'
import { choice, httpsUrl, mediaUrls, optionalMediaUrls, text } from '../fields.ts'
import {
  type InputTiming,
  type Operation,
  type PriceRange,
  perSecond,
  secondsOf,
  strictObject,
  timed,
  usd,
  videoJob,
} from '../operation.ts'

const fastFields = {
  /** What to make, up to 4,000 characters. */
  prompt: text(4000),
  /** Seconds, as a string; priced per second. @default '5' */
  duration: choice(['4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15'], '5'),
  /** Width to height. @default '16:9' */
  aspectRatio: choice(['1:1', '3:4', '4:3', '16:9', '9:16', '21:9'], '16:9'),
  /** Exact pixels, instead of the tier's own. */
  resolution: z.optional(z.enum(['720x720', '720x960', '960x720', '1280x720', '720x1280', '1280x540'])),
  /** Quality tier; drives the price: $0.08 per second, $0.17 for 720p. @default '720p' */
  outputResolution: choice(['480p', '720p'], '720p'),
  /** Enlarges the result to 4K; much more expensive. */
  upscaleResolution: z.optional(z.literal('4k')),
  /** Https URL that the provider calls when the video is done. */
  callBackUrl: z.optional(httpsUrl),
}

const fields = {
  ...fastFields,
  /** Quality tier; drives the price: $0.09 per second, $0.24 for 720p, $0.54 for 1080p. @default '720p' */
  outputResolution: choice(['480p', '720p', '1080p'], '720p'),
}

const source = {
  /** `keyframe`: `urls` are the first and the last frame; `reference`: they guide. @default 'keyframe' */
  mode: choice(['keyframe', 'reference'], 'keyframe'),
  /**
   * Https URLs. `keyframe`: the first frame, then optionally the last one. `reference`: up to 12 pictures and videos,
   * in the prompt `@image1`, `@video1`, each counted within its kind.
   */
  urls: mediaUrls(12),
  /** Https URLs of up to 3 audio files, in the prompt `@audio1` and so on. */
  audioUrls: optionalMediaUrls(3),
  /** What each of `urls` is, in the same order. By default the service finds out itself. */
  urlMediaTypes: z.optional(z.array(z.enum(['image', 'video'])).check(z.maxLength(12))),
}

type SourceInput = { mode: string; urls: readonly string[]; urlMediaTypes?: readonly string[] | undefined }

const framesAreTwo = z.refine<SourceInput>(({ mode, urls }) => mode === 'reference' || urls.length <= 2, {
  path: ['urls'],
  error: 'must be the first and at most the last frame; with mode reference, up to 12 items',
})

const typesFollowUrls = z.refine<SourceInput>(
  ({ urls, urlMediaTypes }) => urlMediaTypes === undefined || urlMediaTypes.length === urls.length,
  { path: ['urlMediaTypes'], error: 'must have one item for each of urls, in the same order' },
)

/** USD per second. */
const rates: Record<string, PriceRange> = { '480p': usd('0.09'), '720p': usd('0.24'), '1080p': usd('0.54') }

/** USD per second; 720p has been quoted at 0.168 and is listed at 0.17. */
const fastRates: Record<string, PriceRange> = { '480p': usd('0.08'), '720p': usd('0.168', '0.17') }

/**
 * The list price per second. No price is known of two options, so their `max` is the highest in the list:
 * exact pixels cost as much as 720p, the 4K upscale at most as the most expensive second. If it costs more, the offer is
 * refused as above the list until the caller passes `maxPrice`.
 */
function price(rates: Record<string, PriceRange>, dearest: string) {
  return ({ duration = '5', ...input }: Record<string, unknown>): PriceRange => {
    const tier = String(input.outputResolution ?? '720p')
    const { min, max } = rates[tier] ?? usd(dearest)
    if (input.upscaleResolution !== undefined) return perSecond(duration, min, dearest)
    const exact = input.resolution !== undefined && tier === '480p'
    return perSecond(duration, min, exact ? rates['720p']?.max : max)
  }
}

/**
 * Listed as 1 to 3 minutes; 15 s were seen to take 5 to 6, and its successor 275 to 479 s for 30 s. Of the larger tiers
 * no time is known.
 */
const timing: InputTiming = ({ duration, outputResolution, upscaleResolution }) => {
  const seconds = secondsOf(duration, 5)
  const isLarge = outputResolution === '1080p' || upscaleResolution !== undefined
  return { typicalSeconds: 15 + 21 * seconds, deadlineSeconds: seconds > 10 || isLarge ? 1200 : 900 }
}

const job = timed({ ...videoJob, deadlineSeconds: 1200 }, timing)
const quality = { ...job, price: price(rates, '0.54') } as const
const fast = { ...job, price: price(fastRates, '0.17') } as const

export const seedanceOperations = {
  /** Videos with sound of 4 to 15 seconds from text, up to 1080p. */
  'seedance/t2v': { ...quality, input: strictObject(fields) },
  /** Videos with sound of 4 to 15 seconds from a first and a last frame, or guided by references, up to 1080p. */
  'seedance/i2v': {
    ...quality,
    input: strictObject({ ...fields, ...source }).check(framesAreTwo, typesFollowUrls),
  },
  /** Videos with sound of 4 to 15 seconds from text, up to 720p: cheaper than seedance. */
  'seedance-fast/t2v': { ...fast, input: strictObject(fastFields) },
  /** Videos with sound of 4 to 15 seconds from a first and a last frame, or guided by references, up to 720p. */
  'seedance-fast/i2v': {
    ...fast,
    input: strictObject({ ...fastFields, ...source }).check(framesAreTwo, typesFollowUrls),
  },
} as const satisfies Record<string, Operation<'video'>>
