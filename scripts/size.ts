// Bundles what an application would import, and holds it to a size budget and to a list of what must not be in it.
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** gzip kB with ky and zod (9 kB each), without viem, which an application has anyway. */
const budgets = [
  { name: 'client', code: "export { StableStudioClient } from './dist/index.js'", maxKb: 50 },
  { name: 'x402', code: "export * from './dist/x402/index.js'", maxKb: 8 },
  { name: 'siwx', code: "export * from './dist/siwx/index.js'", maxKb: 5 },
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

let failed = 0
for (const { name, code, maxKb } of budgets) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: process.cwd(), loader: 'js' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['viem', 'viem/*'],
    logLevel: 'warning',
  })
  const text = outputFiles[0]?.text ?? ''
  const kb = gzipSync(text).length / 1000
  const found = forbidden.filter((pattern) => pattern.test(text)).map(String)
  const fine = kb <= maxKb && found.length === 0
  if (!fine) failed += 1
  process.stdout.write(
    `${fine ? 'ok  ' : 'FAIL'} ${name.padEnd(7)} ${kb.toFixed(1)} kB gzip of ${maxKb}${found.length > 0 ? `, contains ${found.join(' ')}` : ''}\n`,
  )
}
process.exitCode = failed > 0 ? 1 : 0
