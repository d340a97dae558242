// Saves what was paid for before it is spoken of, and remembers which job is in which file.
import { randomBytes } from 'node:crypto'
import { lstat, mkdir, readFile, rm, statfs } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { saveTo } from '../entries/node.ts'
import type { Output, Receipt } from '../index.ts'
import { codeOf, makeFolder, writeNew } from '../internal/disk.ts'
import { ownString, parseJson } from '../internal/json.ts'
import { extensionOf, mediaTypeOf } from '../internal/media-type.ts'
import { formatUsd } from '../internal/usd.ts'
import type { Settings } from './options.ts'
import { Refusal } from './refusal.ts'

/** Where a job's asset is. */
export type Saved = {
  file: string
  media_type: string
  url: string
  url_expires_at: string
  usd?: string
  /** What was paid to upload its inputs, which `usd` does not have. */
  uploads_usd?: string
}

export type Saver = {
  /** @throws {Refusal} when nothing can be saved: it is asked before a payment. */
  check(): Promise<void>
  /** What was saved of a job, as long as the file is there. */
  find(jobId: string): Promise<Saved | undefined>
  /** Downloads and saves. Calls for one job share one download. */
  save(output: Output, name: string | undefined): Promise<Saved>
}

export function createSaver(settings: Settings): Saver {
  const index = settings.save ? createMemory() : createIndex(settings.outputFolder)
  const saving = new Map<string, Promise<Saved>>()
  const save =
    settings.save ?? ((output: Output, name?: string) => saveNew(output, settings.outputFolder, name))
  const work = async (output: Output, name: string | undefined): Promise<Saved> => {
    const known = await index.find(output.jobId)
    if (known) return known
    const blob = await output.blob()
    const media_type = await typeOf(blob, output)
    const file = await save(held(output, new Blob([blob], { type: media_type })), name)
    const { url, expiresAt, receipt } = output
    const saved = { file, media_type, url, url_expires_at: expiresAt, ...costOf(receipt) }
    return index.keep(output.jobId, saved)
  }
  return {
    check: () => (settings.save ? Promise.resolve() : checkFolder(settings.outputFolder)),
    find: index.find,
    save(output, name) {
      const { jobId } = output
      const running = saving.get(jobId) ?? work(output, name).finally(() => saving.delete(jobId))
      saving.set(jobId, running)
      return running
    },
  }
}

function costOf(receipt: Receipt | undefined): Pick<Saved, 'usd' | 'uploads_usd'> {
  if (!receipt) return {}
  const { usd, uploads = [] } = receipt
  const sum = uploads.reduce((total, { amount }) => total + BigInt(amount), 0n)
  return { usd, ...(sum > 0n && { uploads_usd: formatUsd(sum) }) }
}

/** The output with its bytes, so that whatever saves it downloads nothing again. */
function held(output: Output, blob: Blob): Output {
  return {
    ...output,
    blob: async () => blob,
    bytes: async () => new Uint8Array(await blob.arrayBuffer()),
  }
}

/** By the bytes: hosts of assets name types as they like. */
async function typeOf(blob: Blob, { kind }: Output): Promise<string> {
  const found = mediaTypeOf(new Uint8Array(await blob.arrayBuffer()), [blob.type])
  if ('type' in found) return found.type
  return kind === 'svg' ? 'image/svg+xml' : blob.type
}

const mostSuffixes = 1_000

/** Never over a file or a link that is there. */
async function saveNew(output: Output, folder: string, name: string = output.jobId): Promise<string> {
  const extension = extensionOf((await output.blob()).type) || '.bin'
  await makeFolder(folder, 0o777)
  for (let at = 1; at <= mostSuffixes; at += 1) {
    const file = join(folder, `${name}${at === 1 ? '' : `-${at}`}${extension}`)
    // Into a folder of that name it would be saved under another one.
    if (await isThere(file)) continue
    try {
      return await saveTo(output, file, { overwrite: false })
    } catch (error) {
      const taken = codeOf((error as Error).cause) === 'EEXIST'
      // What was paid for must not depend on its name.
      if (!taken && name !== output.jobId) return saveNew(output, folder)
      if (!taken) throw error
    }
  }
  return saveNew(output, folder, `${output.jobId}-${randomBytes(4).toString('hex')}`)
}

/** Less free space is taken for a full disk. */
const leastFree = 64 * 1024 * 1024

async function checkFolder(folder: string): Promise<void> {
  const probe = join(folder, `.${randomBytes(6).toString('hex')}.part`)
  try {
    await makeFolder(folder, 0o777)
    await writeNew(probe, new Uint8Array(4096))
    const { bavail, blocks, bsize } = await statfs(folder)
    // Some mounts do not tell their size.
    if (blocks > 0 && bavail * bsize < leastFree)
      throw Object.assign(new Error('The disk is full'), { code: 'ENOSPC' })
  } catch (error) {
    throw new Refusal(
      'folder_not_writable',
      `Nothing was paid: files cannot be saved in ${folder} (${codeOf(error)}).`,
      'Tell the user: the owner can make room, or start the server with another output folder.',
    )
  } finally {
    await rm(probe, { force: true }).catch(() => {})
  }
}

type Index = { find: Saver['find']; keep(jobId: string, saved: Saved): Promise<Saved> }

function createMemory(): Index {
  const all = new Map<string, Saved>()
  return {
    find: async (jobId) => all.get(jobId),
    async keep(jobId, saved) {
      all.set(jobId, saved)
      return saved
    },
  }
}

const isId = (jobId: string) => /^[\w-]{1,200}$/.test(jobId)

/**
 * One file a job, beside the outputs, so that it is found after a restart and by other servers on the folder. It names no
 * path, only a file of the folder: others may be able to write there.
 */
function createIndex(folder: string): Index {
  const place = join(folder, '.stablestudio')
  const pathOf = (jobId: string) => join(place, `${jobId}.json`)
  const find: Index['find'] = async (jobId) => {
    if (!isId(jobId)) return undefined
    const record = parseJson(await readFile(pathOf(jobId), 'utf8').catch(() => ''))
    const text = (name: string) => ownString(record, name)
    const name = basename(text('file') ?? '')
    if (!name || !(await isFile(join(folder, name)))) return undefined
    const [usd, uploads] = [text('usd'), text('uploads_usd')]
    return {
      file: join(folder, name),
      media_type: text('media_type') ?? '',
      url: text('url') ?? '',
      url_expires_at: text('url_expires_at') ?? '',
      ...(usd !== undefined && { usd }),
      ...(uploads !== undefined && { uploads_usd: uploads }),
    }
  }
  return {
    find,
    async keep(jobId, saved) {
      if (!isId(jobId)) return saved
      const record = JSON.stringify({ ...saved, file: basename(saved.file) })
      await mkdir(place, { mode: 0o700 }).catch(() => {})
      const write = () => writeNew(pathOf(jobId), record)
      await write().catch(async (error) => {
        if (codeOf(error) !== 'EEXIST') return
        const other = await find(jobId)
        // Another server was faster: its file is the one that was spoken of.
        if (other && other.file !== saved.file) await rm(saved.file, { force: true })
        else if (!other)
          await rm(pathOf(jobId), { force: true })
            .then(write)
            .catch(() => {})
      })
      return (await find(jobId)) ?? saved
    },
  }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

async function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}
