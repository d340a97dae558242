// Applications that install the tarball and compile against it, strictly, with declarations of libraries checked too.
import { execFile } from 'node:child_process'
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { createSandbox } from '../src/entries/sandbox.ts'
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
  const installed = join(folder, `viem-${consumers[0]?.viem}`)
  const verdicts: Verdict[] = [await runCommand(installed), await runTools(installed)]
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
  const packages = [tarball, `viem@${viem}`, '@types/node@24', '@ai-sdk/provider@4']
  await run('npm', ['install', '--prefer-offline', ...packages], { cwd: project })
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

/** The command as it was installed: a picture on the sandbox, and nothing in the data folder. */
async function runCommand(project: string): Promise<Verdict> {
  const name = 'the packed command makes a picture on the sandbox'
  const data = join(project, 'data')
  const command = join(project, 'node_modules/.bin/stablestudio')
  try {
    const { stdout } = await run(command, ['demo', '-o', join(project, 'demo.png')], {
      cwd: project,
      env: { ...process.env, STABLESTUDIO_DATA: data },
    })
    const magic = (await readFile(stdout.trim())).subarray(0, 4).toString('latin1')
    const left = await readdir(data).catch(() => [])
    const problems = magic === '\x89PNG' ? [] : [`${stdout.trim()} is no picture`]
    return { name, problems: left.length > 0 ? [...problems, `it left ${left.join(', ')}`] : problems }
  } catch (error) {
    return { name, problems: [String((error as { stderr?: string }).stderr ?? error)] }
  }
}

/** The tools for agents as they were installed: a host starts the command, and pays in both eras of the protocol. */
async function runTools(project: string): Promise<Verdict> {
  const name = 'the packed command serves agents, and pays once for the same call'
  const sandbox = createSandbox({ speed: 100 })
  const server = await sandbox.listen()
  const key = generatePrivateKey()
  sandbox.fund(privateKeyToAddress(key), '1')
  const env = {
    PATH: process.env.PATH ?? '',
    STABLESTUDIO_DATA: join(project, 'agent'),
    STABLESTUDIO_SERVICE: server.url,
    STABLESTUDIO_PRIVATE_KEY: key,
  }
  const command = join(project, 'node_modules/.bin/stablestudio')
  const problems: string[] = []
  try {
    for (const mode of ['legacy', 'auto'] as const) {
      const client = new Client({ name: 'check', version: '1' }, { versionNegotiation: { mode } })
      const args = ['mcp', '--output-dir', join(project, 'pictures')]
      await client.connect(new StdioClientTransport({ command, args, env, cwd: project }))
      const given = { operation: 'gpt-image-1.5/generate', input: { prompt: 'a cat', quality: 'low' } }
      const { content } = await client.callTool({ name: 'generate', arguments: given })
      await client.close()
      const said = (content as { text?: string }[])[0]?.text ?? ''
      if (!said.startsWith('{"status":"done"')) problems.push(`${mode}: ${said}`)
    }
    const { length } = sandbox.settlements()
    return { name, problems: length === 1 ? problems : [...problems, `${length} payments`] }
  } catch (error) {
    return { name, problems: [...problems, String(error)] }
  } finally {
    await server.close()
  }
}
