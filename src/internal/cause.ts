// Foreign errors as the cause of ours: whatever they hold besides their message may be secret.
import { safeText } from './text.ts'

/**
 * A copy of an error with nothing but its name, code, message and stack frames. The original may hold a request with its
 * signed headers, or a command with the record to be written.
 * @param secrets must not appear in the message.
 */
export function harmlessCause(error: unknown, secrets: readonly string[] = []): unknown {
  if (typeof error === 'string') return safeText(error, secrets)
  if (typeof error !== 'object' || error === null) return error
  try {
    return harmless(error, secrets)
  } catch {
    // An error whose fields cannot be read must not become another failure.
    return new Error('This error cannot be shown.')
  }
}

type ErrorLike = { name?: unknown; message?: unknown; code?: unknown; stack?: unknown; cause?: unknown }

function harmless(error: ErrorLike, secrets: readonly string[]): Error {
  const origin = typeof error.cause === 'object' && error.cause !== null ? (error.cause as ErrorLike) : error
  const said =
    origin === error ? String(error.message ?? 'not an error') : `${error.message}: ${origin.message}`
  const safe = new Error(safeText(said.replace(/\/\/[^\s/@]*@/g, '//'), secrets))
  safe.name = safeText(String(error.name ?? 'Error'), secrets)
  const { code } = origin
  safe.stack = [`${safe.name}: ${safe.message}`, ...placesOf(error.stack, secrets)].join('\n')
  return typeof code === 'string' ? Object.assign(safe, { code: safeText(code, secrets) }) : safe
}

/** The frames of a stack, without the message, which may span several lines. */
function placesOf(stack: unknown, secrets: readonly string[]): string[] {
  const lines = typeof stack === 'string' ? stack.split('\n') : []
  return lines
    .filter((line) => /^\s+at |@.*:\d+:\d+$/.test(line))
    .slice(0, 30)
    .map((line) => `    ${safeText(line, secrets)}`)
}
