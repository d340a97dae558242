// What is wrong with a call, collected into one error before anything is paid, and what is only a warning.
import type { SharedV4Warning } from '@ai-sdk/provider'
import { InvalidInputError, StableStudioError } from '../index.ts'

/** The service's own fields, by name. */
export type Fields = Record<string, unknown>

/** Everything that is wrong with a call. */
export type Problems = {
  add(path: string, message: string): void
  /** @throws {InvalidInputError} when anything was added. */
  throwIfAny(): void
}

export function createProblems(subject: string): Problems {
  const issues: { path: string; message: string }[] = []
  return {
    add: (path, message) => issues.push({ path, message }),
    throwIfAny() {
      if (issues.length > 0) throw invalid(subject, issues)
    },
  }
}

function invalid(subject: string, issues: { path: string; message: string }[]): InvalidInputError {
  return new InvalidInputError(`Invalid call of ${subject.slice(0, 100)}.`, {
    issues,
    hint: 'Nothing was sent and nothing was paid. Correct the options above and call again.',
  })
}

/** For one problem that ends a call at once. */
export function refuse(subject: string, path: string, message: string): never {
  throw invalid(subject, [{ path, message }])
}

/** An option that the model has no field for, and that changes neither the price nor the meaning. */
export function unsupported(feature: string, details: string): SharedV4Warning {
  return { type: 'unsupported', feature, details }
}

/** An option that is met approximately. */
export function approximated(feature: string, details: string): SharedV4Warning {
  return { type: 'compatibility', feature, details }
}

const sdkError = Symbol.for('vercel.ai.error')
const sdkNoSuchModel = Symbol.for('vercel.ai.error.AI_NoSuchModelError')

/** A kind of model that this provider does not have. The AI SDK knows its errors by these markers, whatever its copy. */
export class NoSuchModelError extends StableStudioError {
  override readonly name: string = 'AI_NoSuchModelError'
  readonly [sdkError] = true
  readonly [sdkNoSuchModel] = true
  readonly modelId: string
  readonly modelType: string

  constructor(modelId: string, modelType: string) {
    super(`No such ${modelType}: ${String(modelId).slice(0, 100)}`, {
      code: 'invalid_input',
      hint: 'StableStudio makes pictures and videos: use image(id) or video(id).',
    })
    this.modelId = modelId
    this.modelType = modelType
  }
}
