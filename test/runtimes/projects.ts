// The packed package, the runtimes, and one empty project for each, with the package installed from its tarball.
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { must } from './processes.ts'

const here = import.meta.dirname
const root = join(here, '../..')

export const runtimes = join(here, 'node_modules')
export const nodePath = (line: 22 | 24 | 26) => join(runtimes, `node-${line}/bin/node`)
export const bunPath = join(runtimes, '@oven/bun-linux-x64/bin/bun')
export const denoPath = join(runtimes, '@deno/linux-x64-glibc/deno')
export const workerdPath = join(runtimes, '@cloudflare/workerd-linux-64/bin/workerd')

/** The oldest viem that package.json allows, and the newest that npm gives. */
const viemFloor = 'viem@2.37.0'
const viemNewest = 'viem@2'
/** The line that `stablestudio/ai` is made for. */
const aiSdk = 'ai@7'

const installs = {
  node22: { node: 22, viem: viemFloor },
  node24: { node: 24, viem: viemNewest },
  node26: { node: 26, viem: viemNewest },
  deno: { node: 24, viem: viemNewest },
} as const

export type Projects = Record<keyof typeof installs | 'bun', string>

/** npm's own program, so that each Node line can run it. */
function npm(): string {
  const path = process.env.npm_execpath
  if (!path) throw new Error('Start this with `npm run test:runtimes`.')
  return path
}

/** Builds and packs the package. */
export async function pack(folder: string): Promise<string> {
  const printed = await must(process.execPath, [npm(), 'pack', '--json', '--pack-destination', folder], {
    cwd: root,
  })
  // The build may print before the JSON.
  const [{ filename }] = JSON.parse(printed.slice(printed.indexOf('[\n'))) as [{ filename: string }]
  return join(folder, basename(filename))
}

export async function installRuntimes(): Promise<void> {
  await must(process.execPath, [npm(), 'ci', '--prefer-offline'], { cwd: here })
}

/** Each with its runtime's own rules: npm refuses the package when it does not want this Node. */
export async function makeProjects(folder: string, tarball: string): Promise<Projects> {
  const made = await Promise.all([
    ...Object.entries(installs).map(async ([name, { node, viem }]) => {
      const project = await emptyProject(folder, name)
      const flags = ['--engine-strict', '--prefer-offline', '--strict-peer-deps']
      await must(nodePath(node), [npm(), 'install', ...flags, tarball, viem, aiSdk], { cwd: project })
      return [name, project] as const
    }),
    installWithBun(folder, tarball),
  ])
  return Object.fromEntries(made) as Projects
}

async function installWithBun(folder: string, tarball: string) {
  const project = await emptyProject(folder, 'bun')
  await must(bunPath, ['add', tarball, viemNewest, aiSdk], { cwd: project })
  return ['bun', project] as const
}

async function emptyProject(folder: string, name: string): Promise<string> {
  const project = join(folder, name)
  await mkdir(project)
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: `try-${name}`, private: true }))
  return project
}
