// The parts of documents that the benchmark writes.
import { readFile, writeFile } from 'node:fs/promises'

const files = { headline: '../README.md', bench: '../docs/comparison.md', growth: '../docs/comparison.md' }

/** Replaces what stands between the markers `<!-- name -->` and `<!-- /name -->`. */
export async function putIntoDocument(name: keyof typeof files, text: string): Promise<void> {
  const file = files[name]
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [before, rest] = (await readFile(file, 'utf8')).split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`${file} has no ${begin} … ${end}.`)
  await writeFile(file, `${before}${begin}\n${text}\n${end}${after}`)
}
