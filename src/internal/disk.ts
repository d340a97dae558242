// Files and folders that are still there after a power failure. Node, Bun and Deno only.
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes a new file, down to the disk. By default only its owner may read it. */
export async function writeNew(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await file.writeFile(data)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Writes the names in a folder down to the disk, on systems that can do that for folders. */
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
 * Makes a folder, and those above it; by default only its owner may enter. Not by `recursive`, which in Node never returns where
 * a folder exists and cannot hold another one (`/proc`, some network mounts).
 */
export async function makeFolder(path: string, mode = 0o700): Promise<void> {
  const parent = dirname(path)
  try {
    await mkdir(path, { mode }).catch(async (error) => {
      if (!isMissing(error) || parent === path) throw error
      await makeFolder(parent, mode)
      await mkdir(path, { mode })
    })
    await syncFolder(parent).catch(() => {})
  } catch (error) {
    const found = await stat(path).catch(() => undefined)
    if (!found?.isDirectory()) throw error
  }
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

/** The system's name for what went wrong, such as `EEXIST`. */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code)
}
