// Downloads into files, complete or not at all. Runs on Node, Bun and Deno.
import { randomBytes } from 'node:crypto'
import { link, rename, rm, stat } from 'node:fs/promises'
import { dirname, extname, join, resolve } from 'node:path'
import { InvalidInputError, OutputError } from '../errors.ts'
import { type Check, checkFlag, checkFunction, checkOptions, hasMethods } from '../internal/check.ts'
import { codeOf, makeFolder, writeNew } from '../internal/disk.ts'
import { createHttp } from '../internal/http.ts'
import { ownString } from '../internal/json.ts'
import { checkText, wrongKind } from '../internal/kind.ts'
import { extensionOf } from '../internal/media-type.ts'
import { isError } from '../internal/realm.ts'
import { createSecrets } from '../internal/secrets.ts'
import { isLocal, parseUrl } from '../internal/url.ts'
import { downloadAsset, downloadChecks } from '../service/outputs.ts'
import { isJobId } from '../service/requests.ts'
import type { DownloadOptions, Output, OutputData } from '../types.ts'

/** Options of {@link saveTo}. */
export type SaveOptions = DownloadOptions & {
  /** Whether a file of that name is replaced. @default true */
  overwrite?: boolean | undefined
  /** Downloads an {@link OutputData}. An {@link Output} is downloaded by its client. @default globalThis.fetch */
  fetch?: typeof globalThis.fetch | undefined
}

/**
 * Downloads an output into a file, complete or not at all: it is written under a temporary name and then renamed.
 * Moves no money.
 *
 * @param output as the client returned it, or what is left of it after JSON.
 * @param path a file; or a folder (an existing one, or a path without an extension, such as `pictures`): then the file is
 * named after the job, with the extension of its content type. Missing folders are created.
 * @param options `overwrite` false: a file that exists is kept, and the call throws. @default { overwrite: true }
 * @returns the absolute path of the file.
 * @throws {InvalidInputError} when the output, the path or an option is wrong; nothing was downloaded.
 * @throws {OutputError} when the asset is gone, too large or not served over https, or cannot be written.
 * @example
 * import { saveTo } from 'stablestudio/node'
 *
 * const file = await saveTo(await studio.run('gpt-image-1.5/generate', { prompt: 'a lighthouse' }), 'pictures/')
 */
export async function saveTo(
  output: OutputData | Pick<Output, 'blob' | 'jobId' | 'url'>,
  path: string,
  options: SaveOptions = {},
): Promise<string> {
  checkArguments(output, path, options)
  const { overwrite = true, fetch, ...limits } = options
  const blob = await (hasMethods(output, ['blob'])
    ? (output as Output).blob(limits)
    : download(output as OutputData, fetch, limits))
  const bytes = new Uint8Array(await blob.arrayBuffer())
  try {
    const folder = path.endsWith('/') || extname(path) === '' || (await isFolder(path))
    const file = resolve(folder ? join(path, `${output.jobId}${extensionFor(blob, output.url)}`) : path)
    await makeFolder(dirname(file), 0o777)
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

const checks: Record<keyof SaveOptions, Check> = {
  overwrite: checkFlag,
  fetch: checkFunction,
  ...downloadChecks,
}

/** The job's id becomes a file's name. */
const checkOutput: Check = (value) =>
  hasMethods(value, ['blob']) ||
  (parseUrl(ownString(value, 'url') ?? '') && isJobId(ownString(value, 'jobId')))
    ? undefined
    : wrongKind(value, 'must be an output, as run() and wait() return it, or what JSON leaves of it')

function checkArguments(output: unknown, path: unknown, options: unknown): void {
  const given = { output: output ?? null, path: path ?? null }
  const issues = [
    ...checkOptions(given, { output: checkOutput, path: checkText }),
    ...checkOptions(options, checks),
  ]
  if (issues.length > 0)
    throw new InvalidInputError('This cannot be saved.', { issues, hint: 'Nothing was downloaded.' })
}

/** Without a client there is no service to ask for a fresh URL, and no origin to trust: https, or this machine. */
async function download(
  { url, expiresAt = 'unknown' }: OutputData,
  fetch: SaveOptions['fetch'],
  options: DownloadOptions,
): Promise<Blob> {
  const origin = isLocal(url) ? new URL(url).origin : ''
  const http = createHttp(fetch, () => {}, createSecrets())
  const job = { renew: async () => undefined }
  const asset = { url, expiresAt }
  const { bytes, type } = await downloadAsset({ http, origin, baseUrl: origin }, job, asset, options)
  return new Blob([bytes], { type })
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
