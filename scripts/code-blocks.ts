// Compiles every code block of the documents, and runs on the sandbox those that are programs: blocks that declare or
// import all they use. `npm run docs:check`.
import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { compile } from './code-blocks/compile.ts'
import { type Block, blocksOf } from './code-blocks/extract.ts'
import { reasonNotToRun, run } from './code-blocks/run.ts'

/** How often the programs of each page pay, where it is not never. */
const payments: Record<string, number> = {
  'README.md': 1,
  'docs/ai-sdk.md': 2,
  'docs/client.md': 2,
  'docs/index.md': 1,
  'docs/migrate-from-agentcash.md': 1,
  'docs/migrate-from-fal-and-replicate.md': 5,
  'docs/migrate-from-x402-fetch.md': 1,
  'docs/mpp.md': 1,
  'docs/solana.md': 1,
  'docs/start.md': 1,
}

const root = new URL('../', import.meta.url)
const find = (pattern: string | string[]) =>
  globSync(pattern, { cwd: fileURLToPath(root), exclude: ['**/node_modules'] }).sort()

function say(ok: boolean, what: string, problems: readonly string[] = []): void {
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${what}\n`)
  for (const problem of problems) process.stdout.write(`     ${problem}\n`)
  if (!ok) process.exitCode = 1
}

/** Runs the programs of a page, one after the other, and compares what they paid. */
async function runPage(file: string, programs: readonly Block[]): Promise<void> {
  let paid = 0
  for (const block of programs) {
    const name = `${file}:${block.line}`
    const reason = reasonNotToRun(block)
    if (reason) say(true, `${name} is not run: it ${reason}`)
    else
      await run(block).then(
        (count) => {
          paid += count
          say(true, `${name} ran`)
        },
        (error: Error) => say(false, name, [error.message]),
      )
  }
  const expected = payments[file] ?? 0
  say(paid === expected, `${file}: ${paid} payments`, paid === expected ? [] : [`expected ${expected}`])
}

async function main(): Promise<void> {
  /** Copies of these are compiled and run as the files that they are. */
  const quoted = find(['examples/testing/**/*.{ts,js}', 'examples/wallets/**/*.ts']).map((file) =>
    readFileSync(new URL(file, root), 'utf8'),
  )
  const documents = find(['README.md', 'docs/*.md', 'examples/README.md', 'examples/*/README.md'])
  const blocks = documents
    .flatMap((file) => blocksOf(root, file))
    .filter(({ code }) => !quoted.includes(code))
  const verdicts = compile(fileURLToPath(root), 'docs/code-blocks.d.ts', blocks)
  const problems = verdicts.flatMap((one) => one.problems)
  say(problems.length === 0, `${blocks.length} blocks of ${documents.length} documents compile`, problems)

  const programs = verdicts.filter(({ whole }) => whole).map(({ block }) => block)
  const pages = new Map(documents.map((file) => [file, programs.filter((block) => block.file === file)]))
  for (const file of Object.keys(payments))
    if (!pages.get(file)?.length) say(false, `${file} has no program any more`)
  const waiting = [...pages].filter(([, programs]) => programs.length > 0)
  const work = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) await runPage(...one)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
}

await main()
