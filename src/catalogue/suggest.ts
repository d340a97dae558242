// What an operation's name that is not known may mean.
import { didYouMean } from '../internal/did-you-mean.ts'
import { operationIds } from './ids.ts'

/** The nearest operation, else those of the model, else those of the same kind; empty when nothing is near. */
export function suggestOperation(name: string): string {
  const ids = operationIds()
  const [model = '', verb = ''] = name.split('/')
  const near = didYouMean(model, [...new Set(ids.map(modelOf))])
  const ofModel = ids.filter((id) => modelOf(id) === near)
  const meant = didYouMean(verb, ofModel.map(verbOf))
  if (ofModel.length > 0) {
    const meantIds = meant ? ofModel.filter((id) => verbOf(id) === meant) : ofModel
    return `Did you mean ${meantIds.join(' or ')}?`
  }
  const ofKind = ids.filter((id) => verbOf(id) === didYouMean(verb, [...new Set(ids.map(verbOf))]))
  return ofKind.length > 0 ? `Known: ${ofKind.join(', ')}.` : ''
}

const modelOf = (id: string) => id.split('/')[0] ?? ''
const verbOf = (id: string) => id.split('/')[1] ?? ''
