// Files as inputs. Runs on Node, Bun and Deno.
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { InvalidInputError } from '../errors.ts'
import { checkText } from '../internal/kind.ts'
import { typeByName } from '../internal/media-type.ts'
import { checkMedia } from '../uploads/file.ts'

/**
 * A file as an input or for `upload`, with its name and media type. Reads it whole.
 *
 * @throws {InvalidInputError} when the service does not accept such a file (HEIC, AVIF, SVG …); errors of the file
 * system pass through.
 * @example
 * import { fromFile } from 'stablestudio/node'
 *
 * await studio.run('nano-banana-pro/edit', { prompt: 'at night', images: [await fromFile('house.jpg')] })
 */
export async function fromFile(path: string): Promise<File> {
  const problem = checkText(path)
  if (problem) throw new InvalidInputError('Not a path.', { issues: [{ path: 'path', message: problem }] })
  const bytes = new Uint8Array(await readFile(path))
  const name = basename(path)
  return new File([bytes], name, { type: checkMedia(bytes, [typeByName(name)]) })
}
