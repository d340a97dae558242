// The import paths of the package and their sources, as the compiler knows them.
import { readFileSync } from 'node:fs'

export function readPaths(root: URL): Record<string, string | undefined> {
  const { compilerOptions } = JSON.parse(readFileSync(new URL('tsconfig.json', root), 'utf8'))
  const paths = Object.entries(compilerOptions.paths as Record<string, string[]>)
  return Object.fromEntries(paths.map(([name, [source]]) => [name, source]))
}
