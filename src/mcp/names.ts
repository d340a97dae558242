// The name that an agent wants a file to have: a name, never a path, and one that any system can show and keep.
import { wrong } from './refusal.ts'

const longest = 100
/** Of 255 that systems allow: an extension, a suffix and the name of the part that is written first come to it. */
const longestBytes = 200
const ours = /\.(png|jpe?g|webp|gif|svg|mp4|webm|mov)$/i
/** Path parts, what Windows refuses, control and format characters (bidirectional ones among them). */
const refused = /[/\\:*?"<>|\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/**
 * The name without the extension, which follows from what is saved.
 *
 * @throws {Refusal} before anything is paid.
 */
export function readName(name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  const stem = name.replace(ours, '')
  const bytes = new TextEncoder().encode(stem).length
  if (refused.test(name))
    throw wrong('file_name', 'must be a name: no folders, and no characters that cannot be seen')
  if (stem.trim() !== stem || stem === '' || /^\.|\.$/.test(stem) || reserved.test(stem))
    throw wrong('file_name', 'must be a name that begins and ends with a letter or a digit')
  if ([...name].length > longest || bytes > longestBytes)
    throw wrong('file_name', `must have at most ${longest} characters`)
  return stem
}
