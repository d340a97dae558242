// The entry points as package.json names them: what the checks of the package go through.
import { readFileSync } from 'node:fs'

type Target = { types: string; default: string }

export type Entry = {
  /** `stablestudio` or `stablestudio/x402`. */
  name: string
  import: Target
  require: Target
}

type Manifest = { name: string; exports: Record<string, string | { import: Target; require: Target }> }

export function readEntries(): Entry[] {
  const file = new URL('../package.json', import.meta.url)
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest
  return Object.entries(manifest.exports).flatMap(([path, targets]) =>
    typeof targets === 'string' ? [] : [{ name: `${manifest.name}${path.slice(1)}`, ...targets }],
  )
}
