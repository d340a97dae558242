// Packs the package once, and checks the tarball itself: its files, its entry points, and consumers that compile against
// it with every TypeScript and every way to resolve modules.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { checkConsumers } from './consumers.ts'
import { readEntries } from './entries.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
const bin = (name: string) => join(root, 'node_modules/.bin', name)

type File = { path: string; size: number }
type Packed = { filename: string; size: number; unpackedSize: number; files: File[] }

/** npm tells what it packed; its build may print before. */
async function pack(folder: string): Promise<Packed> {
  const parameters = ['pack', '--json', '--pack-destination', folder]
  const { stdout } = await run('npm', parameters, { cwd: root, maxBuffer: 16 * 1024 * 1024 })
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as [Packed]
  return packed
}

const kB = (bytes: number) => `${Math.round(bytes / 1000)} kB`
const maxPackedBytes = 1_200_000
const maxMapBytes = 1024 * 1024

const documents = ['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', 'ARCHITECTURE.md', 'llms.txt']

/** What is in the tarball and should not be, or is not and should. */
function fileProblems({ files, size }: Packed): string[] {
  const paths = files.map(({ path }) => path)
  const targets = readEntries().flatMap((entry) => [
    ...Object.values(entry.import),
    ...Object.values(entry.require),
  ])
  const missing = [
    ...documents,
    'docs/money.md',
    'dist/THIRD-PARTY-LICENSES.txt',
    ...targets.map((target) => target.replace('./', '')),
  ].filter((path) => !paths.includes(path))
  const strange = paths.filter(
    // Pictures, the site and its pages stay in the repository.
    (path) => !/^(dist\/|docs\/[\w-]+\.md$)/.test(path) && ![...documents, 'package.json'].includes(path),
  )
  const tests = paths.filter((path) =>
    /(^|\/)(tests?|__tests__|fixtures?|mocks?)\/|[.-](test|spec|bench)\./.test(path),
  )
  const maps = files.filter(({ path }) => path.endsWith('.map')).reduce((sum, file) => sum + file.size, 0)
  return [
    ...missing.map((path) => `${path} is missing`),
    ...strange.map((path) => `${path} does not belong there`),
    ...tests.map((path) => `${path} is a test`),
    ...(maps > maxMapBytes ? [`the source maps have ${kB(maps)}`] : []),
    ...(size > maxPackedBytes ? [`it has ${kB(size)}, more than ${kB(maxPackedBytes)}`] : []),
  ]
}

/** publint and are-the-types-wrong on the tarball; the latter must have looked at every entry point in every way. */
async function lintProblems(tarball: string): Promise<string[]> {
  const problems: string[] = []
  await run(bin('publint'), ['run', tarball, '--strict']).catch((error) =>
    problems.push(`publint: ${error.stdout}`),
  )
  const analysis = await typesOf(tarball)
  for (const problem of analysis.problems ?? []) problems.push(`attw: ${JSON.stringify(problem)}`)
  for (const { name } of readEntries()) {
    const path = name.replace('stablestudio', '.')
    const { resolutions } = analysis.entrypoints[path] ?? {}
    for (const way of ['node10', 'node16-cjs', 'node16-esm', 'bundler']) {
      if (!resolutions?.[way]?.resolution) problems.push(`attw did not find ${path} by ${way}`)
    }
  }
  return problems
}

/** Through a file: attw ends before a pipe has taken all that it says of a broken package. */
async function typesOf(tarball: string): Promise<Analysis> {
  const path = `${tarball}.json`
  const file = await open(path, 'w')
  const parameters = [tarball, '--profile', 'strict', '--format', 'json']
  const child = spawn(bin('attw'), parameters, { stdio: ['ignore', file.fd, 'inherit'] })
  await once(child, 'close')
  await file.close()
  return (JSON.parse(await readFile(path, 'utf8')) as { analysis: Analysis }).analysis
}

type Analysis = {
  problems?: object[]
  entrypoints: Record<string, { resolutions: Record<string, { resolution?: object }> }>
}

function report(what: string, problems: readonly string[]): number {
  process.stdout.write(`${problems.length > 0 ? 'FAIL' : 'ok  '} ${what}\n`)
  for (const problem of problems) process.stdout.write(`     ${problem}\n`)
  return problems.length
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'stablestudio-package-'))
  try {
    const packed = await pack(folder)
    const tarball = join(folder, basename(packed.filename))
    const { files, size, unpackedSize } = packed
    const sizes = `${files.length} files, ${kB(size)} packed, ${kB(unpackedSize)} unpacked`
    let failed = report(`tarball: ${sizes}`, fileProblems(packed))
    const [lint, consumers] = await Promise.all([lintProblems(tarball), checkConsumers(folder, tarball)])
    failed += report(`publint and attw: ${readEntries().length} entry points`, lint)
    for (const { name, problems } of consumers) failed += report(name, problems)
    process.exitCode = failed > 0 ? 1 : 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

await main()
