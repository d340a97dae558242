// Writing so that it is there after a power failure.
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes a new file that only its owner may read, down to the disk. */
export async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Brings the names in a folder down to the disk, where the system can do that for folders. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP'].includes(codeOf(error))) throw error
  }
}

/**
 * Makes a folder that only its owner may enter, and those above it. Not by `recursive`, which in Node never comes back
 * where a folder exists and none can be made in it for lack of a place (`/proc`, some network mounts).
 */
export async function makeFolder(path: string): Promise<void> {
  const parent = dirname(path)
  try {
    await mkdir(path, { mode: 0o700 }).catch(async (error) => {
      if (!isMissing(error) || parent === path) throw error
      await makeFolder(parent)
      await mkdir(path, { mode: 0o700 })
    })
    await syncFolder(parent).catch(() => {})
  } catch (error) {
    const found = await stat(path).catch(() => undefined)
    if (!found?.isDirectory()) throw error
  }
}

/** Whether an error says that a file or folder is not there. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code)
}
