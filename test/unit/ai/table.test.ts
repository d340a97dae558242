// The table of models is held to the catalogue: no model, ratio, size, tier or length is missing, and none is too many.
import { describe, expect, it } from 'vitest'
import { findModel, modelIds, svgModels } from '../../../src/ai/models.ts'
import { planImage, type Target, targetOf } from '../../../src/ai/plan.ts'
import { planVideo } from '../../../src/ai/plan-video.ts'
import { operationIds } from '../../../src/catalogue/ids.ts'
import { findOperation } from '../../../src/catalogue/operations.ts'
import { validateInput } from '../../../src/catalogue/validate.ts'

const known = operationIds().map((id) => ({
  id,
  model: id.split('/')[0] ?? '',
  kind: findOperation(id)?.kind,
}))
const models = (kind: string) => [
  ...new Set(known.filter((one) => one.kind === kind).map(({ model }) => model)),
]

/** The values that a field of an operation takes; none if it has no such field. */
function valuesOf(operation: string, field: string): string[] {
  const shape = findOperation(operation)?.input.shape ?? {}
  const def = shape[field]?._zod.def as { innerType?: unknown; entries?: object } | undefined
  const inner = def?.innerType ? (def.innerType as { _zod: { def: typeof def } })._zod.def : def
  return Object.keys(inner?.entries ?? {})
}

const base = { prompt: 'a lighthouse', n: 1, seed: undefined, providerOptions: {} }
const picture = { type: 'url', url: 'https://example.com/a.png' } as const

/** All options of a picture or a video, with nothing asked for. */
const still = { ...base, size: undefined, aspectRatio: undefined, files: undefined, mask: undefined }
const moving = {
  ...base,
  ...{ aspectRatio: undefined, resolution: undefined, duration: undefined, fps: undefined },
  ...{ image: undefined, frameImages: undefined, inputReferences: undefined, generateAudio: undefined },
}

/** The plan of a call with or without a picture, which the catalogue must accept. */
function planned(target: Target, hasPicture: boolean, asked: object) {
  const plan =
    target.model.kind === 'image'
      ? planImage(target, { ...still, ...(hasPicture && { files: [picture] }), ...asked })
      : planVideo(target, { ...moving, ...(hasPicture && { image: picture }), ...asked })
  validateInput(plan.operation, plan.input)
  return plan
}

describe('the table', () => {
  it('has each model of the catalogue, under its kind', () => {
    expect(modelIds('image').sort()).toEqual(models('image').sort())
    expect(modelIds('video').sort()).toEqual(models('video').sort())
    expect([...svgModels].sort()).toEqual(models('svg').sort())
  })

  it.each(known.filter(({ kind }) => kind !== 'svg'))(
    '$id is the operation for text or for pictures',
    (one) => {
      const model = findModel(one.model)
      expect(model?.kind).toBe(one.kind)
      expect([`${one.model}/${model?.text}`, `${one.model}/${model?.pictures}`]).toContain(one.id)
    },
  )
})

const each = ([...modelIds('image'), ...modelIds('video')] as const).flatMap((id) =>
  [false, true].map((hasPicture) => ({ id, hasPicture })),
)

describe.each(each)('$id, with a picture: $hasPicture', ({ id, hasPicture }) => {
  const model = findModel(id)
  if (!model) throw new Error('no model')
  const target = targetOf(id, model.kind)
  const { operation } = planned(target, hasPicture, {})
  const shape = operation.endsWith(model.pictures) ? (model.pictureShape ?? model.shape) : model.shape

  it('takes each ratio that the operation has', () => {
    const { ratio, pixels } = shape
    if (ratio) expect([...ratio.values].sort()).toEqual(valuesOf(operation, ratio.field).sort())
    for (const asked of ratio?.values ?? Object.keys(pixels?.byRatio ?? {})) {
      const { input, warnings } = planned(target, hasPicture, { aspectRatio: asked })
      expect(Object.keys(input)).toContain(ratio?.field ?? pixels?.field)
      expect(warnings.filter(({ type }) => type === 'unsupported')).toEqual([])
    }
  })

  it('takes exactly the sizes that the operation has', () => {
    const { pixels } = shape
    const sizes = pixels ? valuesOf(operation, pixels.field).filter((one) => one !== 'auto') : []
    expect([...(pixels?.sizes ?? [])].map((one) => one.replace('x', pixels?.sign ?? 'x')).sort()).toEqual(
      sizes.sort(),
    )
    for (const size of pixels?.sizes ?? []) {
      const asked = model.kind === 'image' ? { size } : { resolution: size }
      const { input, warnings } = planned(target, hasPicture, asked)
      expect(input[pixels?.field ?? '']).toBe(size.replace('x', pixels?.sign ?? 'x'))
      expect(warnings.filter(({ type }) => type === 'compatibility')).toEqual(
        hasPicture && model.first?.note ? [expect.objectContaining({ feature: 'image' })] : [],
      )
    }
  })

  it('takes each tier that the operation has', () => {
    const { tier } = shape
    if (!tier) return
    // `512` is below what a size stands for.
    const names = valuesOf(operation, tier.field).filter((one) => one !== '512')
    expect(Object.keys(tier.values).sort()).toEqual(names.sort())
  })

  it('takes each length that the operation has', () => {
    const { duration } = model
    if (model.kind === 'image' || !duration) return expect(duration).toBeUndefined()
    expect(duration.seconds.map(String).sort()).toEqual(valuesOf(operation, duration.field).sort())
    for (const seconds of duration.seconds) {
      expect(planned(target, hasPicture, { duration: seconds }).input[duration.field]).toBe(String(seconds))
    }
  })

  it('takes a seed only if the operation does', () => {
    const hasSeed = 'seed' in (findOperation(operation)?.input.shape ?? {})
    const { input, warnings } = planned(target, hasPicture, { seed: 7 })
    expect(input.seed).toBe(hasSeed ? 7 : undefined)
    expect(warnings.some(({ type }) => type === 'unsupported')).toBe(!hasSeed)
  })
})
