// The models on offer and their choices, with the service's own field names.
import type { OperationId } from 'stablestudio'

/** One select of the form: a field of the operation's input. */
export type Choice = {
  field: string
  label: string
  /** Values as the service spells them, and how they are shown. */
  values: readonly (readonly [value: string, shown: string])[]
  first: string
}

export type Model = {
  operation: OperationId
  name: string
  about: string
  choices: readonly Choice[]
}

const ratios = (values: readonly string[]) =>
  values.map((value) => [value, value === '1:1' ? 'Square' : `${shapeOf(value)} ${value}`] as const)

function shapeOf(ratio: string): string {
  const [width = 1, height = 1] = ratio.split(':').map(Number)
  return width > height ? 'Wide' : 'Tall'
}

const gptChoices: readonly Choice[] = [
  {
    field: 'size',
    label: 'Size',
    first: '1024x1024',
    values: [
      ['1024x1024', 'Square'],
      ['1536x1024', 'Wide 3:2'],
      ['1024x1536', 'Tall 2:3'],
    ],
  },
  {
    field: 'quality',
    label: 'Quality',
    first: 'medium',
    values: [
      ['low', 'Draft'],
      ['medium', 'Standard'],
      ['high', 'Fine'],
    ],
  },
]

const ratioOf = (field: string): Choice => ({
  field,
  label: 'Size',
  first: '1:1',
  values: ratios(['1:1', '3:2', '2:3', '16:9', '9:16']),
})

const tierOf = (field: string, label: string, values: Choice['values'], first: string): Choice => ({
  field,
  label,
  values,
  first,
})

const tiers = [
  ['1K', '1K'],
  ['2K', '2K'],
  ['4K', '4K'],
] as const

export const models: readonly Model[] = [
  {
    operation: 'gpt-image-1.5/generate',
    name: 'GPT Image 1.5',
    about: 'Quick, follows long instructions',
    choices: gptChoices,
  },
  {
    operation: 'nano-banana-pro/generate',
    name: 'Nano Banana Pro',
    about: 'Best with text in the picture',
    choices: [ratioOf('aspectRatio'), tierOf('imageSize', 'Quality', tiers, '1K')],
  },
  {
    operation: 'flux-2-pro/generate',
    name: 'FLUX.2 Pro',
    about: 'Photographic, at a low price',
    choices: [
      ratioOf('aspect_ratio'),
      tierOf(
        'resolution',
        'Quality',
        [
          ['0.5 MP', '0.5 megapixels'],
          ['1 MP', '1 megapixel'],
          ['2 MP', '2 megapixels'],
        ],
        '1 MP',
      ),
    ],
  },
  { operation: 'grok/generate', name: 'Grok', about: 'Quick, one price', choices: [ratioOf('aspect_ratio')] },
  {
    operation: 'gpt-image-2/generate',
    name: 'GPT Image 2',
    about: 'Careful, takes minutes',
    choices: gptChoices,
  },
]

/** The model of an operation, for titles. */
export function modelName(operation: string): string {
  return models.find((model) => model.operation === operation)?.name ?? operation
}

/** Width by height of what an input asks for: the shape that is held free for it. */
export function shapeOfInput(input: Record<string, unknown>): { width: number; height: number } {
  const size = String(input.size ?? input.aspectRatio ?? input.aspect_ratio ?? '1:1')
  const [width = 1, height = 1] = size.split(/[x:]/).map(Number)
  return width > 0 && height > 0 ? { width, height } : { width: 1, height: 1 }
}
