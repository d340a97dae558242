// Bundles what an application would import, and holds it to a size budget and to a list of what must not be in it.
import { readdir, readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { build, type OutputFile } from 'esbuild'

/**
 * gzip kB without viem, which an application has anyway. `first` is what loads with a page, `whole` has also what the
 * client loads with its first call, and ky, which it loads with its first download: 18 kB of it are ky and zod.
 */
const clientCode = "export { StableStudioClient } from './dist/index.js'"
const budgets = [
  { name: 'client', code: clientCode, first: 12, whole: 83 },
  { name: 'x402', code: "export * from './dist/entries/x402.js'", first: 8, whole: 8 },
  { name: 'siwx', code: "export * from './dist/entries/siwx.js'", first: 5.1, whole: 5.1 },
  { name: 'ai', code: "export * from './dist/entries/ai.js'", first: 19, whole: 89 },
]

/** Node built-ins, eval, and what would drag in megabytes, such as the AI SDK, of which only types are used. */
const forbidden = [
  /\bBuffer\b/,
  /["']node:/,
  /\bnew Function\b/,
  /\beval\(/,
  /viem\/chains/,
  // The call, not the text of an error that names it.
  /createWalletClient\((?!\{ account)/,
  /AI_APICallError|eventsource/,
]

/**
 * gzip kB of what paying on Solana adds to the client: 3.8 are the bytes of the transaction, 2.3 of them SHA-256; the rest
 * checks offers and wallets, and asks a node.
 */
const solanaKb = 8.8

/** gzip kB of what the tools for agents add to the client, the MCP library and its zod included. For Node only. */
const mcpKb = 125

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

const alone = await bundle(clientCode, false)
const withSolana = await bundle(`${clientCode}\nexport * from './dist/entries/solana.js'`, false)
const forSolana = gzipKb(withSolana.outputFiles) - gzipKb(alone.outputFiles)
if (forSolana > solanaKb) failed += 1
process.stdout.write(
  `${forSolana > solanaKb ? 'FAIL' : 'ok  '} solana  gzip: ${forSolana.toFixed(1)} kB beside the client (of ${solanaKb})\n`,
)

/** kB gzip of the command's own files and the libraries in them; 11 of it are the shells' completions. */
const commandBudget = 74
const files = (await readdir('dist/cli')).filter((file) => file.endsWith('.js'))
const texts = await Promise.all(files.map((file) => readFile(`dist/cli/${file}`)))
const commandKb = gzipSync(Buffer.concat(texts)).length / 1000
if (commandKb > commandBudget) failed += 1
process.stdout.write(
  `${commandKb > commandBudget ? 'FAIL' : 'ok  '} command gzip: ${commandKb.toFixed(1)} kB beside the SDK (of ${commandBudget})\n`,
)

const { outputFiles, metafile } = await build({
  entryPoints: ['dist/entries/mcp.js'],
  metafile: true,
  bundle: true,
  minify: true,
  write: false,
  format: 'esm',
  platform: 'node',
  external: ['viem', 'viem/*', '../index.js', '../entries/node.js'],
  logLevel: 'warning',
})
const addedKb = gzipKb(outputFiles)
// What is not bundled at build time would have to be installed.
const notInside = Object.keys(metafile.inputs).filter((path) =>
  path.includes('node_modules/@modelcontextprotocol'),
)
const mcpFine = addedKb <= mcpKb && notInside.length === 0
if (!mcpFine) failed += 1
process.stdout.write(
  `${mcpFine ? 'ok  ' : 'FAIL'} mcp     gzip: ${addedKb.toFixed(1)} kB beside the client (of ${mcpKb})${notInside.length > 0 ? ', and does not have its library inside' : ''}\n`,
)
process.exitCode = failed > 0 ? 1 : 0
