// Where files will go, tried before anything is paid: what is found out afterwards costs money.
import { randomBytes } from 'node:crypto'
import { access, constants, lstat, rm, stat } from 'node:fs/promises'
import { dirname, extname, join, resolve } from 'node:path'
import { InvalidInputError } from '../../index.ts'
import { makeFolder, writeNew } from '../../internal/disk.ts'

export type Destination = {
  /** For `saveTo`: a file, or a folder that ends with a slash. */
  path: string
  isFolder: boolean
  overwrite: boolean
}

/** Room for a picture: a disk that is nearly full fails here. */
const probeBytes = 1 << 20

/**
 * Checks that `count` files can be written there. Makes a missing folder.
 *
 * @throws {InvalidInputError} when a file exists and may not be overwritten, or cannot be written.
 */
export async function openDestination(
  output: string | undefined,
  { force = false, count = 1 }: { force?: boolean | undefined; count?: number },
): Promise<Destination> {
  const given = output || '.'
  const path = resolve(given)
  const found = await stat(path).catch(() => undefined)
  const isFolder = found?.isDirectory() ?? (/[/\\]$/.test(given) || extname(path) === '')
  // A link that leads nowhere is a file of that name, too.
  const isTaken = (await lstat(path).catch(() => undefined)) !== undefined
  if (isTaken && !isFolder && !force)
    throw refused(`${path} exists.`, 'Choose another name, or overwrite it with `--force`.')
  if (found && !isFolder && !found.isFile()) throw refused(`${path} is not a file.`, 'Choose another name.')
  if (count > 1 && !isFolder)
    throw refused(
      `${count} files need a folder, and ${given} names a file.`,
      `Use \`-o ${dirname(given)}/\`.`,
    )
  await tryToWrite(isFolder ? join(path, 'file') : path)
  if (found && !isFolder) await access(path, constants.W_OK).catch((cause) => notWritable(path, cause))
  return { path: isFolder ? join(path, '/') : path, isFolder, overwrite: force }
}

/** Under a name as long as `saveTo` will need. */
async function tryToWrite(path: string): Promise<void> {
  const probe = `${path}.${randomBytes(6).toString('hex')}.part`
  try {
    await makeFolder(dirname(path), 0o777)
    await writeNew(probe, new Uint8Array(probeBytes))
  } catch (cause) {
    notWritable(dirname(path), cause)
  } finally {
    await rm(probe, { force: true }).catch(() => {})
  }
}

function notWritable(path: string, cause: unknown): never {
  const { code = 'unknown' } = cause as { code?: string }
  const why = code === 'ENOSPC' ? 'The disk is full' : `The system says ${code}`
  throw refused(`${path} cannot be written.`, `${why}. Choose another place with \`-o\`.`, cause)
}

function refused(message: string, hint: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(message, {
    hint: `Nothing was started. ${hint}`,
    ...(cause !== undefined && { cause }),
  })
}
