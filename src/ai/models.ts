// How the AI SDK's options map to the models of the service: one table, which a test holds to the catalogue.
import type { Shape } from './shapes.ts'

/** How a model takes what the AI SDK hands over. */
export type Model = {
  kind: 'image' | 'video'
  /** The operation for text alone, and the one for pictures. */
  text: string
  pictures: string
  shape: Shape
  /** The shape of the operation for pictures, where it is another one. */
  pictureShape?: Shape
  /** Field and seconds, which the service takes as text. */
  duration?: { field: string; seconds: readonly number[] }
  seed?: true
  /** The fields of the pictures of a video. */
  first?: { field: string; note?: string }
  frames?: 'keyframes' | 'interpolation'
}

const gptImage: Model = {
  kind: 'image',
  text: 'generate',
  pictures: 'edit',
  shape: {
    pixels: {
      field: 'size',
      sizes: ['1024x1024', '1536x1024', '1024x1536'],
      byRatio: { '1:1': '1024x1024', '3:2': '1536x1024', '2:3': '1024x1536' },
    },
  },
}

const nanoRatios = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9']

const nano = (ratios: readonly string[]): Model => ({
  kind: 'image',
  text: 'generate',
  pictures: 'edit',
  shape: {
    ratio: { field: 'aspectRatio', values: ratios },
    tier: { field: 'imageSize', by: 'longer', values: { '1K': 1024, '2K': 2048, '4K': 4096 } },
  },
})

const flux = (more: Readonly<Record<string, number>>): Model => ({
  kind: 'image',
  text: 'generate',
  pictures: 'edit',
  seed: true,
  shape: {
    ratio: {
      field: 'aspect_ratio',
      values: ['1:1', '16:9', '9:16', '3:2', '2:3', '4:5', '5:4', '4:3', '3:4'],
    },
    tier: { field: 'resolution', by: 'area', values: { '0.5 MP': 0.5, '1 MP': 1, '2 MP': 2, ...more } },
  },
})

const grokRatios = ['1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3']

const grok: Model = {
  kind: 'image',
  text: 'generate',
  pictures: 'edit',
  shape: {
    ratio: {
      field: 'aspect_ratio',
      values: [...grokRatios, '2:1', '1:2', '19.5:9', '9:19.5', '20:9', '9:20'],
    },
  },
}

const grokVideo: Model = {
  kind: 'video',
  text: 'generate',
  pictures: 'generate',
  shape: {
    ratio: { field: 'aspect_ratio', values: grokRatios },
    tier: { field: 'resolution', by: 'shorter', values: { '480p': 480, '720p': 720 } },
  },
  duration: { field: 'duration', seconds: [3, 6, 9, 12, 15] },
  first: { field: 'image' },
}

const seedance = (more: Readonly<Record<string, number>>): Model => ({
  kind: 'video',
  text: 't2v',
  pictures: 'i2v',
  shape: {
    pixels: {
      field: 'resolution',
      sizes: ['720x720', '720x960', '960x720', '1280x720', '720x1280', '1280x540'],
    },
    ratio: { field: 'aspectRatio', values: ['1:1', '3:4', '4:3', '16:9', '9:16', '21:9'] },
    tier: { field: 'outputResolution', by: 'shorter', values: { '480p': 480, '720p': 720, ...more } },
  },
  duration: { field: 'duration', seconds: [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] },
  frames: 'keyframes',
})

const wan: Model = {
  kind: 'video',
  text: 't2v',
  pictures: 'i2v',
  shape: {
    pixels: {
      field: 'size',
      sign: '*',
      sizes: ['1280x720', '720x1280', '1920x1080', '1080x1920'],
      byRatio: { '16:9': '1280x720', '9:16': '720x1280' },
    },
  },
  // The shape follows the picture.
  pictureShape: { tier: { field: 'resolution', by: 'shorter', values: { '720p': 720, '1080p': 1080 } } },
  duration: { field: 'duration', seconds: [5, 10, 15] },
  seed: true,
  first: { field: 'image' },
}

const sora = (more: readonly string[]): Model => ({
  kind: 'video',
  text: 'generate',
  pictures: 'generate',
  shape: {
    pixels: {
      field: 'size',
      sizes: ['720x1280', '1280x720', ...more],
      byRatio: { '16:9': '1280x720', '9:16': '720x1280' },
    },
  },
  duration: { field: 'seconds', seconds: [4, 8, 12] },
  first: { field: 'input_reference', note: 'it is a reference, not the exact first frame' },
})

const veo: Model = {
  kind: 'video',
  text: 'generate',
  pictures: 'generate',
  shape: {
    ratio: { field: 'aspectRatio', values: ['16:9', '9:16'] },
    tier: { field: 'resolution', by: 'shorter', values: { '720p': 720, '1080p': 1080 } },
  },
  duration: { field: 'durationSeconds', seconds: [4, 6, 8] },
  frames: 'interpolation',
}

const models: Readonly<Record<string, Model>> = {
  'gpt-image-1': gptImage,
  'gpt-image-1.5': gptImage,
  'gpt-image-2': gptImage,
  'gpt-image-2.5-flare': gptImage,
  'gpt-image-2.5-sunburst': gptImage,
  'nano-banana': nano([...nanoRatios, '1:4', '1:8', '4:1', '8:1']),
  'nano-banana-pro': nano(nanoRatios),
  'flux-2-pro': flux({}),
  'flux-2-max': flux({ '4 MP': 4 }),
  grok,
  'grok-video': grokVideo,
  seedance: seedance({ '1080p': 1080 }),
  'seedance-fast': seedance({}),
  'wan-2.6': wan,
  'sora-2': sora([]),
  'sora-2-pro': sora(['1024x1792', '1792x1024']),
  'veo-3.1': veo,
  'veo-3.1-fast': veo,
}

/** Models whose SVGs the AI SDK would take for PNGs. */
export const svgModels: readonly string[] = ['arrow-1.1', 'arrow-1.1-max']

/** The known models of a kind. */
export function modelIds(kind: Model['kind']): string[] {
  return Object.keys(models).filter((id) => models[id]?.kind === kind)
}

/** What is known of a model; `undefined` for one that the service has added since. */
export function findModel(id: string): Model | undefined {
  return Object.hasOwn(models, id) ? models[id] : undefined
}
