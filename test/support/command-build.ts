// Bundles the command once for a run, laid out as in the package, so that hundreds of its processes start quickly.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { TestProject } from 'vitest/node'
import { version } from '../../src/cli/version.ts'

declare module 'vitest' {
  // biome-ignore lint/style/useConsistentTypeDefinitions: only an interface can be added to
  export interface ProvidedContext {
    /** The file that `node` runs. */
    command: string
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'stablestudio-command-'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', version }))
  const outdir = join(folder, 'dist', 'cli')
  await build({
    entryPoints: [join(import.meta.dirname, '../../src/cli/bin.ts')],
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    logLevel: 'error',
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
  })
  project.provide('command', join(outdir, 'bin.js'))
  return () => rm(folder, { recursive: true, force: true })
}
