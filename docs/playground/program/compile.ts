// Makes JavaScript of the visitor's TypeScript: types are stripped, and imports become lookups among the modules that the
// playground has.
import { transform } from 'sucrase'

export type Compiled = {
  /** The modules that it imports. */
  names: string[]
  run(load: (name: string) => unknown): Promise<void>
}

type Body = (require: (name: string) => unknown, exports: object) => Promise<void>

const AsyncFunction = (async () => {}).constructor as new (...parameters: string[]) => Body

/** The name that stack traces give to the program. */
export const programName = 'program.ts'
/** Lines that the engine puts before a function's body. */
const headLines = 2

/** @throws {SyntaxError} which has the `line`, where it is known. */
export function compile(code: string): Compiled {
  const script = strip(code)
  // To run what a visitor wrote, the page must be allowed to ('unsafe-eval'); this worker is the only place that does.
  const body = new AsyncFunction('require', 'exports', `${script}\n//# sourceURL=${programName}`)
  const names = [...script.matchAll(/\brequire\('([^']+)'\)/g)].map(([, name = '']) => name)
  return { names: [...new Set(names)], run: (load) => body(load, {}) }
}

function strip(code: string): string {
  try {
    return transform(code, { transforms: ['typescript', 'imports'], disableESTransforms: true }).code
  } catch (error) {
    const { loc, message } = error as Error & { loc?: { line: number } }
    const what = message.replace(/^Error transforming .*?: /, '').replace(/ \(\d+:\d+\)$/, '')
    throw Object.assign(new SyntaxError(what), { line: loc?.line })
  }
}

/** The line of the program in which an error arose, from 1. */
export function lineOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  if ('line' in error && typeof error.line === 'number') return error.line
  const place = new RegExp(`${programName}:(\\d+)`).exec(error.stack ?? '')?.[1]
  return place === undefined ? undefined : Number(place) - headLines
}
