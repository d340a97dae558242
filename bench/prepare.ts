// Puts the built library where an application would have it: in node_modules, beside one copy of its dependencies.
import { cp, mkdir, readFile, rm } from 'node:fs/promises'

const installed = new URL('node_modules/stablestudio/', import.meta.url)
const root = new URL('../', import.meta.url)

export async function installLibrary(): Promise<void> {
  await checkDependencies()
  await rm(installed, { recursive: true, force: true })
  await mkdir(installed)
  await cp(new URL('dist/', root), new URL('dist/', installed), { recursive: true })
  await cp(new URL('package.json', root), new URL('package.json', installed))
}

/** What the library depends on must be among the packages here, or it would find those of the repository. */
async function checkDependencies(): Promise<void> {
  const [library, own] = await Promise.all([
    dependenciesOf(root),
    dependenciesOf(new URL('./', import.meta.url)),
  ])
  const differing = Object.keys(library).filter((name) => library[name] !== own[name])
  if (differing.length > 0)
    throw new Error(`bench/package.json must depend on the library's ${differing.join(', ')}.`)
}

async function dependenciesOf(folder: URL): Promise<Record<string, string>> {
  const { dependencies } = JSON.parse(await readFile(new URL('package.json', folder), 'utf8'))
  return dependencies
}
