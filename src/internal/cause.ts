// Errors of others as a cause of ours: what they hold besides their message may be a secret.
import { safeText } from './text.ts'

/**
 * A copy of an error with its name, code and message only. The original may hold a request with its signed headers, or
 * a command with the record that it was to write.
 * @param secrets what the message must not show.
 */
export function harmlessCause(error: unknown, secrets: readonly string[] = []): unknown {
  if (!(error instanceof Error)) return error
  const origin = error.cause instanceof Error ? error.cause : error
  const code = (origin as { code?: unknown }).code
  const said = origin === error ? error.message : `${error.message}: ${origin.message}`
  const safe = new Error(safeText(said.replace(/\/\/[^\s/@]*@/g, '//'), secrets))
  safe.name = error.name
  return typeof code === 'string' ? Object.assign(safe, { code }) : safe
}
