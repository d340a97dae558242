// Files and URLs as inputs.
import { fromFile } from '../../entries/node.ts'
import { InvalidInputError, isStableStudioError } from '../../index.ts'

/** An https URL as it is, or the file at a path. @throws {InvalidInputError} before anything is sent. */
export async function readMediaFile(path: string): Promise<string | File> {
  if (/^https?:\/\//i.test(path)) return path
  return fromFile(path).catch((cause) => {
    if (isStableStudioError(cause)) throw naming(path, cause)
    throw cannotRead(path, cause)
  })
}

export function cannotRead(path: string, cause: unknown): InvalidInputError {
  const { code = 'unknown' } = cause as { code?: string }
  const why = code === 'ENOENT' ? 'There is no such file' : `The system says ${code}`
  return new InvalidInputError(`${path} cannot be read.`, {
    details: `${why}.`,
    hint: 'Nothing was paid.',
    cause,
  })
}

function naming(path: string, error: unknown): unknown {
  if (!(error instanceof InvalidInputError)) return error
  const issues = error.issues.map(({ message }) => ({ path, message }))
  return new InvalidInputError(error.shortMessage, {
    issues,
    hint: 'Nothing was sent and nothing was paid.',
    cause: error,
  })
}
