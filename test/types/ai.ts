// What the compiler must accept and refuse of the provider of the AI SDK. Checked by `tsc`; never run.
import { type InputOf, type OperationId, type OutputOf, StableStudioClient } from 'stablestudio'
import {
  type CallSettings,
  createStableStudio,
  type StableStudioImageModelId,
  type StableStudioImageOptions,
  type StableStudioProvider,
  type StableStudioVideoModelId,
  type StableStudioVideoOptions,
} from 'stablestudio/ai'

type ProviderV4 = import('@ai-sdk/provider', { with: { 'resolution-mode': 'import' }}).ProviderV4
type ImageModelV4 = import('@ai-sdk/provider', { with: { 'resolution-mode': 'import' }}).ImageModelV4
type VideoModelV4 = import('@ai-sdk/provider', { with: {
  'resolution-mode': 'import',
}}).Experimental_VideoModelV4
type SharedV4ProviderOptions = import('@ai-sdk/provider', { with: {
  'resolution-mode': 'import',
}}).SharedV4ProviderOptions

const client = new StableStudioClient()
export const studio: StableStudioProvider = createStableStudio({ client })
createStableStudio({ limits: { perCall: '0.50' } })
createStableStudio({})
// @ts-expect-error not an option of the client
createStableStudio({ apiKey: 'x' })
// @ts-expect-error a client, not its options
createStableStudio({ client: { limits: {} } })

export const provider: ProviderV4 = studio
export const image: ImageModelV4 = studio.image('gpt-image-1.5')
export const video: VideoModelV4 = studio.videoModel('veo-3.1')
export const other: ImageModelV4 = studio.imageModel('tomorrow-1')
// @ts-expect-error an id is a text
studio.image(7)

/** What the AI SDK takes as `providerOptions`. */
const given = (options: SharedV4ProviderOptions) => options
const settings: CallSettings = { maxPrice: '0.05', idempotencyKey: 'order-7', timeout: 60_000 }
given({ stablestudio: settings })

export const low = { quality: 'low', maxPrice: '0.05' } satisfies StableStudioImageOptions<'gpt-image-1.5'>
given({ stablestudio: low })
const typed: StableStudioImageOptions<'gpt-image-1.5'> = { input_fidelity: 'low', background: 'opaque' }
given({ stablestudio: typed })
given({ stablestudio: { seed: 1, safety_tolerance: 5 } satisfies StableStudioImageOptions<'flux-2-max'> })
given({ stablestudio: { output_quality: 5 } satisfies StableStudioImageOptions<'flux-2-max/edit'> })
given({ stablestudio: { anything: [1, { goes: true }] } satisfies StableStudioImageOptions<'tomorrow-1'> })
given({ stablestudio: { audioUrl: 'https://a.b/c' } satisfies StableStudioVideoOptions<'wan-2.6'> })
const cast: StableStudioVideoOptions<'seedance'> = {
  audioUrls: ['https://a.b/c.mp3'],
  urlMediaTypes: ['image'],
  mode: 'reference',
}
given({ stablestudio: cast })

// @ts-expect-error not a quality
export const ultra = { quality: 'ultra' } satisfies StableStudioImageOptions<'gpt-image-1.5'>
// @ts-expect-error a field of another model
export const foreign = { imageSize: '2K' } satisfies StableStudioImageOptions<'gpt-image-1.5'>
// @ts-expect-error the prompt goes in through the AI SDK
export const prompt = { prompt: 'a cat' } satisfies StableStudioImageOptions<'grok'>
// @ts-expect-error so do pictures
export const images = { images: ['https://a.b/c'] } satisfies StableStudioImageOptions<'grok'>
// @ts-expect-error provider options are JSON
export const blob = { audioUrl: new Blob() } satisfies StableStudioVideoOptions<'wan-2.6'>
// @ts-expect-error USD as text
export const number: CallSettings = { maxPrice: 0.05 }

type Known<id extends string> = id extends unknown ? (string extends id ? never : id) : never
type ModelOf<id extends string> = id extends `${infer model}/${string}` ? model : never
type ModelsOf<kind> = {
  [id in OperationId]: OutputOf<id>['kind'] extends kind ? ModelOf<id> : never
}[OperationId]
type Same<one, other> = [one, other] extends [other, one] ? true : false

/** Each list of ids is the catalogue's models of that kind, and no other. */
export const imageIds: Same<Known<StableStudioImageModelId>, ModelsOf<'image'>> = true
export const videoIds: Same<Known<StableStudioVideoModelId>, ModelsOf<'video'>> = true

/** The options are the fields of all of a model's operations. */
type FieldsOf<operation extends OperationId> = Exclude<keyof InputOf<operation>, 'prompt' | 'images'>
export const fields: Record<FieldsOf<'veo-3.1/generate'>, unknown> = {} as Required<
  StableStudioVideoOptions<'veo-3.1'>
>
export const both: Record<FieldsOf<'wan-2.6/t2v'> | FieldsOf<'wan-2.6/i2v'>, unknown> = {} as Required<
  StableStudioVideoOptions<'wan-2.6'>
>
