// The call options of a video: shape, length, and the roles of its pictures.
import type { SharedV4Warning, Experimental_VideoModelV4CallOptions as VideoOptions } from '@ai-sdk/provider'
import { type File, kindOf, mediaOf, pictureOf } from './files.ts'
import type { Model } from './models.ts'
import { readSettings } from './options.ts'
import { inputOf, operationOf, type Plan, seedOf, type Target } from './plan.ts'
import { approximated, createProblems, type Fields, type Problems, unsupported } from './problems.ts'
import { fieldsOfShape, noField } from './shapes.ts'

/** @throws {InvalidInputError} with everything that has no counterpart. */
export function planVideo(target: Target, options: VideoOptions & { webhookUrl?: string }): Plan {
  const { prompt, n, aspectRatio, resolution, duration, seed } = options
  const problems = createProblems(target.id)
  const warnings: SharedV4Warning[] = []
  const settings = readSettings(options, problems)
  if (n !== 1) problems.add('n', 'must be 1: the AI SDK makes one call for each video')
  const pictures = picturesOf(options, problems)
  const { operation, shape } = operationOf(target, pictures.path !== '', pictures.path, problems)
  const asked = { path: 'resolution', pixels: resolution, ratio: aspectRatio } as const
  const mapped = {
    ...fieldsOfShape(shape, asked, problems, warnings),
    ...durationOf(target.model, duration, problems),
    ...fieldsOfPictures(target.model, pictures, problems, warnings),
    ...seedOf(target, seed, warnings),
  }
  warnings.push(...ignored(options))
  problems.throwIfAny()
  return { operation, input: inputOf(prompt, mapped, settings), settings, warnings }
}

/** What no model has a field for. It changes neither the price nor, much, the result. */
function ignored({
  fps,
  generateAudio,
  webhookUrl,
}: VideoOptions & { webhookUrl?: string }): SharedV4Warning[] {
  return [
    ...(fps === undefined ? [] : [unsupported('fps', 'each model has its own')]),
    ...(generateAudio === undefined
      ? []
      : [unsupported('generateAudio', 'each model has sound, or has none')]),
    ...(webhookUrl === undefined ? [] : [unsupported('webhookUrl', 'look at the job with getVideoStatus')]),
  ]
}

function durationOf({ duration }: Model, seconds: number | undefined, problems: Problems): Fields {
  if (seconds === undefined) return {}
  if (duration?.seconds.includes(seconds)) return { [duration.field]: String(seconds) }
  problems.add('duration', duration ? `must be one of ${duration.seconds.join(', ')}` : noField)
  return {}
}

/** The pictures of a video by role. `path`: the option that they came in; empty if there are none. */
type Pictures = { path: string; first?: File; last?: File; references: readonly File[] }

function picturesOf(
  { image, frameImages = [], inputReferences: references = [] }: VideoOptions,
  problems: Problems,
) {
  const frame = (type: string) => frameImages.filter((one) => one?.frameType === type).map((one) => one.image)
  const [firsts, lasts] = [frame('first_frame'), frame('last_frame')]
  if (firsts.length > 1 || lasts.length > 1 || firsts.length + lasts.length < frameImages.length) {
    problems.add('frameImages', 'must be at most one first_frame and one last_frame')
  }
  const first = firsts[0] ?? image
  const [last] = lasts
  if (last && !first) problems.add('frameImages', 'must have a first_frame if there is a last_frame')
  if (references.length > 0 && (first || last)) {
    problems.add('inputReferences', 'must not be combined with an image or frames; pass one or the other')
  }
  const path =
    frameImages.length > 0 ? 'frameImages' : image ? 'image' : references.length > 0 ? 'inputReferences' : ''
  const pictures: Pictures = { path, references, ...(first && { first }), ...(last && { last }) }
  return pictures
}

function fieldsOfPictures(
  model: Model,
  pictures: Pictures,
  problems: Problems,
  warnings: SharedV4Warning[],
): Fields {
  const { path, first, last, references } = pictures
  if (!path) return {}
  const picture = (file: File) => pictureOf(file, path, problems)
  if (model.frames === undefined) {
    if (references.length > 0) problems.add('inputReferences', 'are not supported by this model')
    if (last) problems.add('frameImages', 'must be a first_frame only; this model takes no last_frame')
    if (first && !model.first) problems.add(path, noField)
    if (!first || !model.first) return {}
    if (model.first.note) warnings.push(approximated(path, model.first.note))
    return { [model.first.field]: picture(first) }
  }
  if (references.length > 0) return fieldsOfReferences(model.frames, references, problems)
  const frames = [first, last].flatMap((file) => (file ? [picture(file)] : []))
  if (model.frames === 'keyframes') return { mode: 'keyframe', urls: frames }
  const [image, lastFrame] = frames
  return lastFrame ? { imageMode: 'interpolation', image, lastFrame } : { imageMode: 'first-frame', image }
}

function fieldsOfReferences(
  frames: Model['frames'],
  references: readonly File[],
  problems: Problems,
): Fields {
  const path = (at: number) => `inputReferences.${at}`
  if (frames === 'interpolation') {
    const referenceImages = references.map((file, at) => pictureOf(file, path(at), problems))
    return { imageMode: 'reference', referenceImages }
  }
  const urls = references.map((file, at) => mediaOf(file, path(at), problems))
  const urlMediaTypes = references.map(kindOf)
  // The service finds out itself what a URL is that says nothing.
  return { mode: 'reference', urls, ...(!urlMediaTypes.includes(undefined) && { urlMediaTypes }) }
}
