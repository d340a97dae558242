// From the AI SDK's call options to an operation and its input. What changes the price or the meaning of the result and
// has no counterpart is an error before anything is paid; what costs nothing is a warning.
import type { ImageModelV4CallOptions, SharedV4Warning } from '@ai-sdk/provider'
import { pictureOf } from './files.ts'
import { findModel, type Model, modelIds, svgModels } from './models.ts'
import { readSettings, type Settings } from './options.ts'
import { approximated, createProblems, type Fields, type Problems, refuse, unsupported } from './problems.ts'
import { type Asked, fieldsOfShape } from './shapes.ts'

/** A call, ready to be paid. */
export type Plan = { operation: string; input: Fields; settings: Settings; warnings: SharedV4Warning[] }

/** What a model id stands for. */
export type Target = { id: string; name: string; verb: string | undefined; model: Model }

export const maxImages = 1000

/** @throws {InvalidInputError} when the id is one of another kind of model. */
export function targetOf(id: string, kind: Model['kind']): Target {
  if (typeof id !== 'string' || id === '') {
    return refuse(`${kind}()`, 'id', `must be the id of a model, such as ${modelIds(kind).join(', ')}`)
  }
  const [name = '', ...rest] = id.split('/')
  const verb = rest.length === 0 ? undefined : rest.join('/')
  const known = findModel(name)
  if (svgModels.includes(name)) {
    return refuse(
      id,
      'id',
      `makes SVGs, which the AI SDK mistakes for PNGs; use client.run('${name}/vectorize', input)`,
    )
  }
  if (known && known.kind !== kind) {
    const ids = modelIds(kind).join(', ')
    return refuse(id, 'id', `makes ${known.kind}s: use ${known.kind}('${id}'). For ${kind}(): ${ids}`)
  }
  const isOperation = known && (verb === undefined || verb === known.text || verb === known.pictures)
  return { id, name, verb, model: isOperation ? known : unknownModel(kind) }
}

/** A model that the service has added since: the client asks for `maxPrice`, and the fields are the caller's. */
function unknownModel(kind: Model['kind']): Model {
  return { kind, text: 'generate', pictures: kind === 'image' ? 'edit' : 'generate', shape: {} }
}

/** @throws {InvalidInputError} with everything that has no counterpart. */
export function planImage(target: Target, options: ImageModelV4CallOptions): Plan {
  const { prompt, n, size, aspectRatio, seed, files = [], mask } = options
  const problems = createProblems(target.id)
  const warnings: SharedV4Warning[] = []
  const settings = readSettings(options, problems)
  if (!Number.isInteger(n) || n < 1 || n > maxImages)
    problems.add('n', `must be an integer from 1 to ${maxImages}`)
  if (mask) problems.add('mask', 'is not supported by any model; say in the prompt what to change')
  const images = files.map((file, at) => pictureOf(file, `files.${at}`, problems))
  const { operation, shape } = operationOf(target, images.length > 0, 'files', problems)
  const asked: Asked = { path: 'size', pixels: size, ratio: aspectRatio }
  const mapped = {
    ...fieldsOfShape(shape, asked, problems, warnings),
    ...(images.length > 0 && { images }),
    ...seedOf(target, seed, warnings),
  }
  problems.throwIfAny()
  const input = inputOf(prompt, mapped, settings)
  if (n > 1 && typeof input.seed === 'number') {
    const seeds = `each picture has its own, from ${input.seed} to ${input.seed + n - 1}`
    warnings.push(approximated('seed', `the same seed makes the same picture, so ${seeds}`))
  }
  return { operation, input, settings, warnings }
}

/** The input of the picture at an index: with a seed of its own, or the same picture would be paid for again. */
export function inputAt({ input }: Plan, index: number): Fields {
  return typeof input.seed === 'number' ? { ...input, seed: input.seed + index } : input
}

/** The operation for text alone or for pictures, and the shape that it takes. */
export function operationOf(
  { id, name, verb, model }: Target,
  hasPictures: boolean,
  path: string,
  problems: Problems,
): { operation: string; shape: Model['shape'] } {
  const chosen = verb ?? (hasPictures ? model.pictures : model.text)
  if (hasPictures && verb === model.text && model.text !== model.pictures) {
    problems.add(path, `${id} takes no pictures; use ${name}/${model.pictures}`)
  }
  const shape = chosen === model.pictures ? (model.pictureShape ?? model.shape) : model.shape
  return { operation: `${name}/${chosen}`, shape }
}

export function seedOf({ model }: Target, seed: number | undefined, warnings: SharedV4Warning[]): Fields {
  if (seed === undefined) return {}
  if (model.seed) return { seed }
  warnings.push(unsupported('seed', 'this model has none'))
  return {}
}

/** The service's own fields win, where they are set: one that is `undefined` must not take away what was asked for. */
export function inputOf(prompt: string | undefined, mapped: Fields, { fields }: Settings): Fields {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined)
  return { ...(prompt !== undefined && { prompt }), ...mapped, ...Object.fromEntries(set) }
}
