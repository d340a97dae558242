// Errors of others as a cause of ours: what they hold besides their message may be a secret.
import { safeText } from './text.ts'

/**
 * A copy of an error with its name, code and message only. The original may hold a request with its signed headers, or
 * a command with the record that it was to write.
 * @param secrets what the message must not show.
 */
export function harmlessCause(error: unknown, secrets: readonly string[] = []): unknown {
  if (!(error instanceof Error)) return error
  try {
    return harmless(error, secrets)
  } catch {
    // An error whose fields cannot be read must not become another failure.
    return new Error('an error that cannot be shown')
  }
}

function harmless(error: Error, secrets: readonly string[]): Error {
  const origin = error.cause instanceof Error ? error.cause : error
  const code = (origin as { code?: unknown }).code
  const said = origin === error ? String(error.message) : `${error.message}: ${origin.message}`
  const safe = new Error(safeText(said.replace(/\/\/[^\s/@]*@/g, '//'), secrets))
  safe.name = String(error.name)
  return typeof code === 'string' ? Object.assign(safe, { code }) : safe
}
