// Bundles what an application would import, and holds it to a size budget and to a list of what must not be in it.
import { gzipSync } from 'node:zlib'
import { build, type OutputFile } from 'esbuild'

/**
 * gzip kB without viem, which an application has anyway. `first` is what loads with a page, `whole` has also what the
 * client loads with its first call, and ky, which it loads with its first download: 18 kB of it are ky and zod.
 */
const budgets = [
  { name: 'client', code: "export { StableStudioClient } from './dist/index.js'", first: 14.5, whole: 68 },
  { name: 'x402', code: "export * from './dist/entries/x402.js'", first: 8, whole: 8 },
  { name: 'siwx', code: "export * from './dist/entries/siwx.js'", first: 5.1, whole: 5.1 },
]

/** Node built-ins, eval, and what would drag in megabytes. */
const forbidden = [
  /\bBuffer\b/,
  /["']node:/,
  /\bnew Function\b/,
  /\beval\(/,
  /viem\/chains/,
  /createWalletClient\(/,
]

type Chunk = { imports: { path: string; kind: string }[] }

async function bundle(code: string, splitting: boolean) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: process.cwd(), loader: 'js' },
    bundle: true,
    splitting,
    minify: true,
    write: false,
    metafile: true,
    outdir: '.',
    entryNames: 'first',
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['viem', 'viem/*'],
    logLevel: 'warning',
  })
  return { outputFiles, outputs: metafile.outputs as Record<string, Chunk> }
}

/** The entry and all that it imports at once. */
function loadedFirst(
  outputs: Record<string, Chunk>,
  name = 'first.js',
  seen = new Set<string>(),
): Set<string> {
  seen.add(name)
  for (const { path, kind } of outputs[name]?.imports ?? []) {
    if (kind === 'import-statement' && path in outputs && !seen.has(path)) loadedFirst(outputs, path, seen)
  }
  return seen
}

const gzipKb = (files: OutputFile[]) => files.reduce((sum, { text }) => sum + gzipSync(text).length, 0) / 1000

let failed = 0
for (const { name, code, first, whole } of budgets) {
  const split = await bundle(code, true)
  const names = [...loadedFirst(split.outputs)]
  const firstKb = gzipKb(
    split.outputFiles.filter(({ path }) => names.some((one) => path.endsWith(`/${one}`))),
  )
  const { outputFiles } = await bundle(code, false)
  const wholeKb = gzipKb(outputFiles)
  const found = forbidden.filter((pattern) => outputFiles.some(({ text }) => pattern.test(text))).map(String)
  const fine = firstKb <= first && wholeKb <= whole && found.length === 0
  if (!fine) failed += 1
  process.stdout.write(
    `${fine ? 'ok  ' : 'FAIL'} ${name.padEnd(7)} gzip: ${firstKb.toFixed(1)} kB at first (of ${first}), ${wholeKb.toFixed(1)} kB in all (of ${whole})${found.length > 0 ? `, contains ${found.join(' ')}` : ''}\n`,
  )
}
process.exitCode = failed > 0 ? 1 : 0
