// Packs the package, installs it into empty projects, and plays the whole flow on every runtime at the same time.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bundles, bundle } from './bundle.ts'
import { playInChromium } from './chromium.ts'
import { playOnEdge } from './edge.ts'
import { bun, deno, node, type Outcome, playProgram } from './programs.ts'
import { installRuntimes, makeProjects, type Projects, pack } from './projects.ts'
import { type Studios, startStudios } from './studios.ts'
import { report } from './table.ts'
import { playInWorkerd } from './workerd.ts'

function everywhere(projects: Projects, bundles: Bundles, studios: Studios): Promise<Outcome>[] {
  const programs = [node(22), node(24), node(26), bun(), deno()].flatMap((runtime) =>
    (['esm', 'cjs'] as const).map((format) => ({ ...runtime, format })),
  )
  return [
    ...programs.map((program) => playProgram(program, projects[program.project], bundles, studios)),
    playInWorkerd(bundles.worker, studios),
    playOnEdge(bundles.edge, studios),
    playInChromium(projects.node24, bundles.page, studios),
  ]
}

async function timed<value>(what: string, work: Promise<value>): Promise<value> {
  const start = performance.now()
  const value = await work
  process.stdout.write(`${what}: ${Math.round((performance.now() - start) / 1000)} s\n`)
  return value
}

async function main(): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('The runtimes are installed for Linux x64; run this there or in a container.')
  }
  const folder = await mkdtemp(join(tmpdir(), 'stablestudio-runtimes-'))
  try {
    const [tarball] = await timed('pack, install runtimes', Promise.all([pack(folder), installRuntimes()]))
    const projects = await timed('install the package', makeProjects(folder, tarball))
    const bundles = await bundle(folder, projects.node24)
    const studios = await startStudios(projects.node24)
    try {
      process.exitCode = report(await timed('play', Promise.all(everywhere(projects, bundles, studios))))
    } finally {
      await studios.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

await main()
