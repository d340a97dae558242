// `manifest.jsonl`: what became of each line, written as it goes, so that the same command can go on after any stop.
import { appendFile, link, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { InvalidInputError, OutputError } from '../../index.ts'
import { codeOf, isMissing, writeNew } from '../../internal/disk.ts'
import { isRecord } from '../../internal/json.ts'
import type { Line } from './lines.ts'

export type Entry = {
  line: number
  key: string
  operation: string
  /** `saving`: the file is about to get its name. */
  status: 'done' | 'failed' | 'open' | 'saving'
  jobId?: string | undefined
  usd?: string | undefined
  /** In the folder of the manifest. */
  file?: string | undefined
  error?: string | undefined
}

export type Manifest = {
  folder: string
  /** What an earlier run has finished, with its file still there, by key. */
  done: ReadonlyMap<string, Entry>
  write(entry: Entry): Promise<void>
  /** Leaves one entry for each line, in their order. */
  close(entries: readonly Entry[]): Promise<void>
}

const fileName = 'manifest.jsonl'

/**
 * Reads what earlier runs wrote, and keeps of it what is finished.
 *
 * @throws {InvalidInputError} when the file is somebody else's, or cannot be written.
 */
export async function openManifest(folder: string): Promise<Manifest> {
  const path = join(folder, fileName)
  const done = new Map<string, Entry>()
  for (const entry of await readEntries(path)) {
    if (entry.file === undefined || !(await isFile(join(folder, entry.file)))) continue
    if (entry.status === 'saving') await dropOtherName(folder, entry)
    if (entry.status === 'done' || entry.status === 'saving')
      done.set(entry.key, { ...entry, status: 'done' })
  }
  await replace(path, [...done.values()]).catch((cause) => {
    throw unusable(path, `The system says ${codeOf(cause)}.`, cause)
  })
  let last: Promise<unknown> = Promise.resolve()
  return {
    folder,
    done,
    write: async (entry) => {
      const written = last.then(() => appendFile(path, `${JSON.stringify(entry)}\n`))
      last = written.catch(() => {})
      await written
    },
    close: async (entries) => {
      await last
      await replace(path, entries)
    },
  }
}

/** A line that was cut off by a crash is no line. */
async function readEntries(path: string): Promise<Entry[]> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    if (isMissing(cause)) return ''
    throw unusable(path, `The system says ${codeOf(cause)}.`, cause)
  })
  const lines = text.split('\n')
  const entries = lines.map(readEntry)
  // The last one is empty, or was cut off.
  if (entries.slice(0, -1).includes(undefined)) throw unusable(path, 'It is not the manifest of a batch.')
  return entries.filter((entry) => entry !== undefined)
}

function readEntry(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line)
    const isEntry =
      isRecord(value) &&
      typeof value.key === 'string' &&
      typeof value.status === 'string' &&
      isName(value.file)
    return isEntry ? (value as Entry) : undefined
  } catch {
    return undefined
  }
}

const isName = (file: unknown) =>
  file === undefined || (typeof file === 'string' && file !== '' && file === basename(file))

function unusable(path: string, details: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`${path} cannot be used.`, {
    details,
    hint: 'Nothing was paid. Choose another folder with `-o`.',
    ...(cause !== undefined && { cause }),
  })
}

/** The run that named the file ended before it took the first name away. */
async function dropOtherName(folder: string, { jobId, file = '' }: Entry): Promise<void> {
  const other = `${jobId}${extname(file)}`
  if (other !== file && isJobId(jobId)) await rm(join(folder, other), { force: true })
}

const isJobId = (id: unknown): id is string => typeof id === 'string' && /^[\w-]{1,100}$/.test(id)

async function replace(path: string, entries: readonly Entry[]): Promise<void> {
  const temporary = `${path}.${process.pid}.part`
  await rm(temporary, { force: true })
  await writeNew(temporary, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''), 0o666)
  await rename(temporary, path)
}

const isFile = (path: string) =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

/** The files of the folder by their names without extensions. */
export async function filesOf(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).filter((name) => name !== fileName && !name.endsWith('.part'))
  return new Map(
    names.flatMap((name) => [
      [name, name],
      [name.slice(0, name.length - extname(name).length), name],
    ]),
  )
}

/**
 * Gives a file the name that its line asks for; never over another one. Resolves to its name in the folder.
 *
 * @throws {OutputError} when somebody has made a file of that name meanwhile.
 */
export async function nameFile(manifest: Manifest, saved: string, line: Line, entry: Entry): Promise<string> {
  if (line.name === undefined) return basename(saved)
  const named = extname(line.name) === '' ? `${line.name}${extname(saved)}` : line.name
  const path = join(manifest.folder, named)
  if (path === saved) return named
  // From here on a file of that name is known to be this line's.
  await manifest.write({ ...entry, status: 'saving', file: named })
  try {
    await link(saved, path)
  } catch (cause) {
    await manifest.write({ ...entry, status: 'open' })
    throw new OutputError(`${named} cannot be written.`, {
      details: `The system says ${codeOf(cause)}. The file is at ${saved}.`,
      cause,
    })
  }
  await rm(saved, { force: true })
  return named
}
