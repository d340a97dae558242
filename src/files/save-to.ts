// Downloads into files, complete or not at all. Runs on Node, Bun and Deno.
import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { OutputError } from '../errors.ts'
import { writeNew } from '../internal/disk.ts'
import { extensionOf } from '../internal/media-type.ts'
import { isError } from '../internal/realm.ts'
import type { DownloadOptions, Output } from '../types.ts'

/**
 * Downloads an output into a file, complete or not at all: it is written under a temporary name and then renamed.
 * Moves no money.
 *
 * @param path a file; or a folder (an existing one, or a path with a trailing separator): then the file is named after
 * the job, with the extension of its content type. Missing folders are created.
 * @returns the absolute path of the file.
 * @throws {OutputError} when the asset is gone, too large or not served over https, or cannot be written.
 * @example
 * import { saveTo } from 'stablestudio/node'
 *
 * const file = await saveTo(await studio.run('gpt-image-1.5/generate', { prompt: 'a lighthouse' }), 'pictures/')
 */
export async function saveTo(
  output: Pick<Output, 'blob' | 'jobId' | 'url'>,
  path: string,
  options?: DownloadOptions,
): Promise<string> {
  const blob = await output.blob(options)
  const bytes = new Uint8Array(await blob.arrayBuffer())
  try {
    const folder = path.endsWith('/') || path.endsWith(sep) || (await isFolder(path))
    const file = resolve(folder ? join(path, `${output.jobId}${extensionFor(blob, output.url)}`) : path)
    await mkdir(dirname(file), { recursive: true })
    await writeWhole(file, bytes)
    return file
  } catch (cause) {
    throw new OutputError('The asset could not be written.', {
      code: 'output_failed',
      phase: 'output',
      payment: 'settled',
      safeToRetry: true,
      details: isError(cause) ? cause.message.slice(0, 200) : undefined,
      hint: 'Save it elsewhere before it expires.',
      cause,
    })
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

function extensionFor(blob: Blob, url: string): string {
  return extensionOf(blob.type) || (/\.[a-z0-9]{2,5}$/i.exec(new URL(url).pathname)?.[0] ?? '')
}

async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.part`
  try {
    await writeNew(temporary, bytes, 0o666)
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
