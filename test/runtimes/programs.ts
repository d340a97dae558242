// Node, Bun and Deno: the flow as a program of its own, ESM and CommonJS.
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Bundles } from './bundle.ts'
import type { Result } from './flow/rig.ts'
import { must, run } from './processes.ts'
import { bunPath, denoPath, nodePath, type Projects } from './projects.ts'
import type { Studios } from './studios.ts'

export type Outcome = { runtime: string; version: string; results: Result[] }

type Runtime = {
  name: string
  project: keyof Projects
  command: string
  /** @param folder the only one that the program may touch. */
  flags(folder: string, project: string): string[]
}

export function node(line: 22 | 24 | 26): Runtime {
  return { name: 'Node', project: `node${line}`, command: nodePath(line), flags: () => [] }
}

export function bun(): Runtime {
  return { name: 'Bun', project: 'bun', command: bunPath, flags: () => ['run'] }
}

/**
 * Deno runs with the few rights that the package needs: its own machine, its own folder, no environment. The AI SDK asks
 * for the machine's name.
 */
export function deno(): Runtime {
  const flags = (folder: string, project: string) => [
    'run',
    '--no-prompt',
    '--node-modules-dir=manual',
    '--no-remote',
    '--allow-net=127.0.0.1',
    '--allow-sys=hostname',
    `--allow-read=${project}`,
    `--allow-write=${folder}`,
  ]
  return { name: 'Deno', project: 'deno', command: denoPath, flags }
}

export async function playProgram(
  { name, project: projectName, command, flags, format }: Runtime & { format: 'esm' | 'cjs' },
  project: string,
  bundles: Bundles,
  studios: Studios,
): Promise<Outcome> {
  const folder = join(project, format)
  await mkdir(folder)
  const script = join(folder, basename(bundles[format]))
  await copyFile(bundles[format], script)
  await writeFile(join(folder, 'other.mjs'), "export * from 'stablestudio'\n")
  const { url, control } = await studios.open(`${projectName}-${format}`)
  // Without NODE_OPTIONS and the like of whoever runs this; a home of its own for caches.
  const env = { PATH: process.env.PATH, HOME: folder, NO_COLOR: '1' }
  const ended = await run(command, [...flags(folder, project), script, url, control], { cwd: folder, env })
  const version = (await must(command, ['--version'], { env })).match(/\d+\.\d+\.\d+/)?.[0] ?? '?'
  return { runtime: `${name}, ${format.toUpperCase()}`, version, results: resultsOf(ended) }
}

/** Whatever a program says on stderr, a warning for instance, counts as a failure too. */
function resultsOf({ code, stdout, stderr }: Awaited<ReturnType<typeof run>>): Result[] {
  const end: Result = { check: 'quiet end' }
  if (code !== 0 || stderr !== '') end.error = `ended with ${code}: ${stderr.trim().slice(0, 2_000)}`
  try {
    return [...(JSON.parse(stdout) as Result[]), end]
  } catch {
    return [{ ...end, error: `${end.error ?? ''} It said: ${stdout.slice(0, 500)}` }]
  }
}
