// Applications that install the tarball and compile against it, strictly, with declarations of libraries checked too.
import { execFile } from 'node:child_process'
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readEntries } from './entries.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')

/** The compilers that `typecheck:versions` has as well, by the folder of their package. */
const compilers = { '5.9': 'typescript-5.9', '6': 'typescript', '7': 'typescript-7' } as const
const versions = ['5.9', '6', '7'] as const

/**
 * How an application may resolve modules, and the extension that makes its files ESM or CommonJS. One that is bundled has
 * no types of Node, and does without `stablestudio/node`. Declarations of libraries are checked too where each set of
 * ours is met first; that takes as long again.
 */
const node16 = { module: 'node16', resolution: 'node16', skipLibCheck: true, types: ['node'] }
const esm = { ...node16, name: 'node16, ESM', extension: 'mts' }
const newCjs = { ...node16, name: 'node20, CommonJS', module: 'node20', extension: 'cts' }
const cjs = { ...node16, name: 'node16, CommonJS', skipLibCheck: false, extension: 'cts' }
/** What came before `exports`, and many projects still have: only TypeScript 5 lets it be without a word. */
const node10 = {
  name: 'node10, CommonJS',
  module: 'commonjs',
  resolution: 'node10',
  skipLibCheck: false,
  types: ['node'],
  extension: 'ts',
  versions: ['5.9'],
} as const
const bundler = {
  name: 'bundler',
  module: 'esnext',
  resolution: 'bundler',
  skipLibCheck: false,
  types: [],
  extension: 'ts',
}

/**
 * The newest viem that package.json allows, and the oldest. The newest declares itself as ESM only, which a CommonJS file
 * may require from TypeScript's `node20` on; with the oldest `node16` does, too.
 */
const consumers: readonly { viem: string; ways: readonly Way[] }[] = [
  { viem: '2', ways: [esm, newCjs, bundler] },
  { viem: '2.37.0', ways: [cjs, node10] },
]

type Way = {
  name: string
  module: string
  resolution: string
  skipLibCheck: boolean
  types: readonly string[]
  extension: string
  /** @default all of them */
  versions?: readonly (keyof typeof compilers)[]
}
type Verdict = { name: string; problems: string[] }

export async function checkConsumers(folder: string, tarball: string): Promise<Verdict[]> {
  const prepared = consumers.map(async ({ viem, ways }) => {
    const project = join(folder, `viem-${viem}`)
    await install(project, tarball, viem)
    for (const way of ways) await writeConsumer(project, way)
    return ways.flatMap((way) =>
      (way.versions ?? versions).map((version) => ({ project, way, version, viem })),
    )
  })
  const waiting = (await Promise.all(prepared)).flat()
  const verdicts: Verdict[] = []
  const work = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const { project, way, version, viem } = one
      const problems = await compile(project, way, compilers[version])
      verdicts.push({ name: `TypeScript ${version}, ${way.name}, viem ${viem}`, problems })
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return verdicts
}

async function install(project: string, tarball: string, viem: string): Promise<void> {
  await mkdir(project)
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true }))
  await run('npm', ['install', '--prefer-offline', tarball, `viem@${viem}`, '@types/node@24'], {
    cwd: project,
  })
}

/** The type tests of this repository, and one file that uses every entry point. */
async function writeConsumer(project: string, way: Way): Promise<void> {
  const { module, resolution, skipLibCheck, types, extension } = way
  const folder = join(project, extension)
  await mkdir(folder)
  const tests = join(root, 'test/types')
  for (const file of await readdir(tests)) {
    await copyFile(join(tests, file), join(folder, file.replace(/\.ts$/, `.${extension}`)))
  }
  await writeFile(join(folder, `entries.${extension}`), useOfEntries(way))
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023', 'dom', 'dom.iterable'],
    module,
    moduleResolution: resolution,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck,
    noEmit: true,
    types,
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
}

function useOfEntries({ types, extension }: Way): string {
  const names = readEntries().flatMap(({ name }) =>
    types.length > 0 || name !== 'stablestudio/node' ? [name] : [],
  )
  const lines = names.map((name, at) => {
    const from =
      extension === 'cts' ? `import e${at} = require('${name}')` : `import * as e${at} from '${name}'`
    // An entry point that resolves to nothing, or to `any`, has no names.
    return `${from}\nexport const n${at}: string extends keyof typeof e${at} ? never : true = true`
  })
  return `${lines.join('\n')}\n`
}

/** The compiler's errors, without those inside declarations of others. */
async function compile(project: string, { extension }: Way, compiler: string): Promise<string[]> {
  const tsc = join(root, 'node_modules', compiler, 'bin/tsc')
  const options = { cwd: project, maxBuffer: 64 * 1024 * 1024 }
  const ended = await run(process.execPath, [tsc, '-p', extension, '--pretty', 'false'], options).then(
    () => undefined,
    (error: { stdout: string; stderr: string }) => error,
  )
  if (!ended) return []
  const lines = `${ended.stdout}${ended.stderr}`.split('\n').filter((line) => /\S/.test(line))
  const ours = lines.filter((line) => !/^(\s|(\.\.\/)*node_modules\/(?!stablestudio\/))/.test(line))
  return ours.length > 0 || lines.length > 0 ? ours.slice(0, 20) : ['ended with an error, and said nothing']
}
