// Writes the licences of the packages that the build puts into its own files.
import { readFile, writeFile } from 'node:fs/promises'

const bundled = { ky: 'license', zod: 'LICENSE' }
const root = new URL('../', import.meta.url)

const texts = await Promise.all(
  Object.entries(bundled).map(async ([name, file]) => {
    const { version } = JSON.parse(await readFile(new URL(`node_modules/${name}/package.json`, root), 'utf8'))
    const licence = await readFile(new URL(`node_modules/${name}/${file}`, root), 'utf8')
    return `${name} ${version}\n\n${licence.trim()}\n`
  }),
)
const head = 'Parts of these packages are in the files of this folder.\n'
await writeFile(new URL('dist/THIRD-PARTY-LICENSES.txt', root), [head, ...texts].join('\n----\n\n'))
