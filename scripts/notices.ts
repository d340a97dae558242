// Writes the licences of the packages that the build puts into its own files.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'

const root = new URL('../', import.meta.url)
/** What tsup says of the bundle with the most packages. */
const metafile = new URL('dist/cli/metafile-esm.json', root)

type Metafile = { outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }> }

/** The folders of the packages that are in a bundle, such as `node_modules/ox/node_modules/@noble/hashes`. */
async function bundledInto(file: URL): Promise<string[]> {
  const { outputs } = JSON.parse(await readFile(file, 'utf8')) as Metafile
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs))
  return inputs.flatMap(([path, { bytesInOutput }]) =>
    bytesInOutput > 0 ? (/^.*node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(path) ?? []).slice(0, 1) : [],
  )
}

async function licenceOf(folder: string): Promise<[name: string, text: string]> {
  const place = new URL(`${folder}/`, root)
  const { name, version, license } = JSON.parse(await readFile(new URL('package.json', place), 'utf8'))
  const file = (await readdir(place)).find((one) => /^licen[cs]e/i.test(one))
  const text = file ? await readFile(new URL(file, place), 'utf8') : `License: ${license}`
  return [`${name} ${version}`, text.trim()]
}

const named = ['ky', 'zod', '@modelcontextprotocol/server', '@modelcontextprotocol/core']
const folders = new Set([...named.map((name) => `node_modules/${name}`), ...(await bundledInto(metafile))])
const texts = new Map(await Promise.all([...folders].map(licenceOf)))
const parts = [...texts].sort().map(([name, text]) => `${name}\n\n${text}\n`)
const head = 'Parts of these packages are in the files of this folder.\n'
await writeFile(new URL('dist/THIRD-PARTY-LICENSES.txt', root), [head, ...parts].join('\n----\n\n'))
await rm(metafile)
