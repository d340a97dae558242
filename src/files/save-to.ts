// Downloads into files, complete or not at all. Runs on Node, Bun and Deno.
import { randomBytes } from 'node:crypto'
import { link, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { OutputError } from '../errors.ts'
import { codeOf, writeNew } from '../internal/disk.ts'
import { extensionOf } from '../internal/media-type.ts'
import { isError } from '../internal/realm.ts'
import type { DownloadOptions, Output } from '../types.ts'

/** Options of {@link saveTo}. */
export type SaveOptions = DownloadOptions & {
  /** Whether a file of that name is replaced. @default true */
  overwrite?: boolean | undefined
}

/**
 * Downloads an output into a file, complete or not at all: it is written under a temporary name and then renamed.
 * Moves no money.
 *
 * @param path a file; or a folder (an existing one, or a path with a trailing separator): then the file is named after
 * the job, with the extension of its content type. Missing folders are created.
 * @param options `overwrite` false: a file that exists is kept, and the call throws. @default { overwrite: true }
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
  { overwrite = true, ...options }: SaveOptions = {},
): Promise<string> {
  const blob = await output.blob(options)
  const bytes = new Uint8Array(await blob.arrayBuffer())
  try {
    const folder = path.endsWith('/') || path.endsWith(sep) || (await isFolder(path))
    const file = resolve(folder ? join(path, `${output.jobId}${extensionFor(blob, output.url)}`) : path)
    await mkdir(dirname(file), { recursive: true })
    await writeWhole(file, bytes, overwrite)
    return file
  } catch (cause) {
    const taken = !overwrite && codeOf(cause) === 'EEXIST'
    throw new OutputError(taken ? 'The file exists, and was kept.' : 'The asset could not be written.', {
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

async function writeWhole(file: string, bytes: Uint8Array, overwrite: boolean): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.part`
  try {
    await writeNew(temporary, bytes, 0o666)
    // Only a link fails where there is a file, even one that another process has just written.
    await (overwrite ? rename(temporary, file) : link(temporary, file))
  } finally {
    await rm(temporary, { force: true })
  }
}
