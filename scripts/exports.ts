// Holds the names that each entry point exports, in ESM and CommonJS, values and types, to a committed list.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { type Entry, readEntries } from './entries.ts'

type Names = { values: string[]; types: string[] }

const file = new URL('../test/fixtures/exports.txt', import.meta.url)
const require = createRequire(import.meta.url)

/** What a declaration file exports, values and types alike. */
function declared(program: ts.Program, path: string): string[] {
  const source = program.getSourceFile(path)
  const checker = program.getTypeChecker()
  const module = source && checker.getSymbolAtLocation(source)
  if (!module) throw new Error(`${path} is no module: run \`npm run build\` first`)
  return checker.getExportsOfModule(module).map(({ name }) => name)
}

const sorted = (names: Iterable<string>) => [...names].sort()
const pathOf = (target: string) => fileURLToPath(new URL(`../${target}`, import.meta.url))

/** One format of an entry: what it has when it is loaded, and what its declarations promise beside that. */
async function namesOf(program: ts.Program, entry: Entry, format: 'import' | 'require'): Promise<Names> {
  const module = format === 'import' ? await import(entry.name) : require(entry.name)
  const values = sorted(Object.keys(module))
  const all = declared(program, pathOf(entry[format].types))
  const missing = values.filter((name) => !all.includes(name))
  if (missing.length > 0) throw new Error(`${entry.name} (${format}) declares no ${missing.join(', ')}`)
  // Trackers group errors by `constructor.name`.
  const renamed = values.filter((name) => typeof module[name] === 'function' && module[name].name !== name)
  if (renamed.length > 0)
    throw new Error(`${entry.name} (${format}) has other names inside: ${renamed.join(', ')}`)
  return { values, types: sorted(all.filter((name) => !values.includes(name))) }
}

/** One line a name. */
const linesOf = (name: string, { values, types }: Names) =>
  [...values, ...types.map((type) => `type ${type}`)].map((one) => `${name}: ${one}`)

/** What only one of two lists has. */
const without = (lines: readonly string[], others: readonly string[]) =>
  lines.filter((line) => !others.includes(line))

const entries = readEntries()
const program = ts.createProgram(
  entries.flatMap((entry) => [pathOf(entry.import.types), pathOf(entry.require.types)]),
  { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, skipLibCheck: true, types: [] },
)
const found: string[] = []
const problems: string[] = []
for (const entry of entries) {
  const esm = linesOf(entry.name, await namesOf(program, entry, 'import'))
  const cjs = linesOf(entry.name, await namesOf(program, entry, 'require'))
  problems.push(...without(esm, cjs).map((line) => `${line}: not in CommonJS`))
  problems.push(...without(cjs, esm).map((line) => `${line}: only in CommonJS`))
  found.push(...esm)
}

if (process.argv.includes('--write')) {
  writeFileSync(file, `${found.join('\n')}\n`)
} else {
  const expected = readFileSync(file, 'utf8').trim().split('\n')
  problems.push(...without(found, expected).map((line) => `${line}: is exported, and not in the list`))
  problems.push(...without(expected, found).map((line) => `${line}: is in the list, and not exported`))
}

for (const problem of problems) process.stdout.write(`FAIL ${problem}\n`)
if (problems.length > 0) {
  process.stdout.write('If this is meant, run `npm run build && node scripts/exports.ts --write`.\n')
} else {
  process.stdout.write(
    `ok   exports ${found.length} names of ${entries.length} entry points, in ESM and CommonJS\n`,
  )
}
process.exitCode = problems.length > 0 ? 1 : 0
