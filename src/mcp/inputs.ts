// Local files in an input. An agent may have read a prompt that wants a file of its owner published, so only media inside
// the owner's folders pass, wherever a link leads.
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { basename, isAbsolute, relative, resolve } from 'node:path'
import { describeOperation, operations } from '../index.ts'
import { isRecord } from '../internal/json.ts'
import { mediaTypeOf } from '../internal/media-type.ts'
import { wrong } from './refusal.ts'

const maxBytes = 100 * 1024 * 1024

/** An input ready for the client, and what stands for it in the key. */
export type ReadInput = { input: Record<string, unknown>; identity: Record<string, unknown> }

/** @throws {Refusal} before anything is read that must not be. */
export async function readInput(
  operation: string,
  given: Record<string, unknown>,
  folders: readonly string[],
): Promise<ReadInput> {
  for (const name of Object.keys(given))
    if (/^_*(call_?back|web_?hook)/i.test(name))
      throw wrong(`input.${name}`, 'is not available to tools', 'Leave it out, and call again.')
  const known = operations().some(({ id }) => id === operation)
  const fields = known ? (await describeOperation(operation)).files : []
  const [input, identity] = [{ ...given }, { ...given }]
  for (const name of fields) {
    if (!Object.hasOwn(given, name)) continue
    const place = await readField(`input.${name}`, given[name], folders)
    input[name] = place.value
    identity[name] = place.identity
  }
  return { input, identity }
}

type Place = { value: unknown; identity: unknown }

async function readField(path: string, value: unknown, folders: readonly string[]): Promise<Place> {
  if (Array.isArray(value)) {
    const all = await Promise.all(value.map((one, at) => readField(`${path}[${at}]`, one, folders)))
    return { value: all.map((one) => one.value), identity: all.map((one) => one.identity) }
  }
  // Anything but a string is for the client to refuse.
  if (typeof value !== 'string' || /^https:\/\//i.test(value)) return { value, identity: value }
  if (!isAbsolute(value) || /^[a-z][a-z0-9+.-]+:/i.test(value))
    throw wrong(path, 'must be an https URL or the absolute path of a file')
  const file = await readMedia(path, value, folders)
  const hash = createHash('sha256')
    .update(new Uint8Array(await file.arrayBuffer()))
    .digest('hex')
  return { value: file, identity: { sha256: hash } }
}

/** Opens the file once, and looks at what it opened: the path may lead elsewhere a moment later. */
async function readMedia(path: string, given: string, folders: readonly string[]): Promise<File> {
  const outside = () =>
    wrong(
      path,
      `must be inside ${folders.join(' or ')}`,
      'Use a file in there. Only the owner can allow other folders.',
    )
  const real = await Promise.all(folders.map((folder) => realpath(folder).catch(() => resolve(folder))))
  const isIn = (target: string, all: readonly string[]) => all.some((folder) => isInside(target, folder))
  // Nothing is told of files elsewhere, not even whether they exist.
  if (!isIn(resolve(given), [...folders, ...real])) throw outside()
  const target = await realpath(given).catch(() => undefined)
  if (target === undefined) throw wrong(path, 'there is no such file')
  if (!isIn(target, real)) throw outside()
  const handle = await open(target, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(() => undefined)
  if (!handle) throw wrong(path, 'cannot be read')
  try {
    const opened = await handle.stat()
    const [there, now] = [await stat(target).catch(() => undefined), await realpath(given).catch(() => '')]
    if (!opened.isFile()) throw wrong(path, 'must be a file')
    if (there?.ino !== opened.ino || now !== target) throw wrong(path, 'changed while it was read')
    if (opened.size > maxBytes) throw wrong(path, `must be at most ${maxBytes / 1024 / 1024} MiB`)
    return mediaFile(path, basename(target), new Uint8Array(await handle.readFile()))
  } finally {
    await handle.close()
  }
}

/** By its first bytes alone: a name proves nothing. */
function mediaFile(path: string, name: string, bytes: Uint8Array<ArrayBuffer>): File {
  const found = mediaTypeOf(bytes, [])
  if ('problem' in found) throw wrong(path, found.problem)
  // Without a type, so that the client finds the one that fits the field.
  return new File([bytes], name)
}

function isInside(target: string, folder: string): boolean {
  const way = relative(folder, target)
  return way !== '' && !/^\.\.($|[\\/])/.test(way) && !isAbsolute(way)
}

/** The input itself, as an object. */
export function inputObject(value: unknown): Record<string, unknown> {
  if (isRecord(value)) return value
  throw wrong('input', 'must be an object with the fields of the operation')
}
