// The models on offer and their choices, as the catalogue of the package says them: no list of its own to keep.
import { describeOperation, type OperationSummary, operations } from 'stablestudio'

/** One select of the form: a field of the operation's input. */
export type Choice = {
  field: string
  label: string
  about: string
  values: readonly string[]
  /** Empty: the model decides. */
  first: string
}

/** Pictures from text alone. `gpt-image-1` is known, but the service has taken it down. */
export const models: readonly OperationSummary[] = operations().filter(
  ({ id, model, kind }) => kind === 'image' && id.endsWith('/generate') && model !== 'gpt-image-1',
)

/** What the form begins with where a model knows it: a draft costs little. */
const start: Readonly<Record<string, string>> = { size: '1024x1024', quality: 'medium' }

/** The fields that say what shape the picture has. */
const shapes = ['size', 'aspectRatio', 'aspect_ratio']

/** The choices that matter: of the shape, and of what the price depends on. */
export async function choicesOf(operation: string): Promise<readonly Choice[]> {
  const { input, pricedBy } = await describeOperation(operation)
  return Object.entries(input.properties).flatMap(([field, schema]) => {
    const { enum: values, default: usual = '', description: about = '' } = schema
    if (!values || ![...shapes, ...pricedBy].includes(field)) return []
    const wanted = start[field]
    const first = wanted && values.includes(wanted) ? wanted : String(usual)
    return [{ field, label: labelOf(field), about, values: first ? values : ['', ...values], first }]
  })
}

/** `aspectRatio` and `aspect_ratio` are both `Aspect ratio`. */
function labelOf(field: string): string {
  const words = field.replaceAll('_', ' ').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}

/** What a model costs and how long it takes, before there is a prompt to ask the price of. */
export function termsOf({ price: { minUsd, maxUsd }, typicalSeconds }: OperationSummary): string {
  const range = minUsd === maxUsd ? `$${minUsd}` : `$${minUsd} to $${maxUsd}`
  return `${range}, about ${typicalSeconds} s`
}

/** The model of an operation, for titles: `gpt-image-2/generate` is `GPT Image 2`. */
export function modelName(operation: string): string {
  const [model = ''] = operation.split('/')
  const words = model.split('-').map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
  return words.join(' ').replace(/^Gpt/, 'GPT')
}

/** Width by height of what an input asks for: the shape that is held free for it. */
export function shapeOfInput(input: Record<string, unknown>): { width: number; height: number } {
  const size = String(input.size ?? input.aspectRatio ?? input.aspect_ratio ?? '1:1')
  const [width = 1, height = 1] = size.split(/[x:]/).map(Number)
  return width > 0 && height > 0 ? { width, height } : { width: 1, height: 1 }
}
