// What a page loads: each subject bundled and minified by esbuild, gzipped, with and without viem.
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { rounded } from '../lib/stats.ts'
import { ofSubjects, type PerSubject, subjectNames } from '../lib/subject.ts'

/** kB, gzipped. */
export type BundleResult = { withViem: PerSubject; withoutViem: PerSubject }

export async function measureBundles(): Promise<BundleResult> {
  const sizes = await Promise.all(
    subjectNames.map(async (name) => [name, [await sizeOf(name, false), await sizeOf(name, true)]] as const),
  )
  const found = Object.fromEntries(sizes)
  return {
    withViem: ofSubjects((name) => found[name]?.[0] ?? Number.NaN),
    withoutViem: ofSubjects((name) => found[name]?.[1] ?? Number.NaN),
  }
}

async function sizeOf(subject: string, withoutViem: boolean): Promise<number> {
  const account = "export { privateKeyToAccount } from 'viem/accounts'"
  const { outputFiles } = await build({
    // Otherwise esbuild works where it was loaded.
    absWorkingDir: process.cwd(),
    stdin: {
      contents: `export { create } from './subjects/${subject}.ts'; ${account}`,
      resolveDir: process.cwd(),
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    // The official sign-in package imports `buffer`, which a page has to bring along: it is not counted.
    external: ['buffer', ...(withoutViem ? ['viem', 'viem/*'] : [])],
    tsconfigRaw: {},
    logLevel: 'error',
  })
  return rounded(gzipSync(outputFiles[0]?.text ?? '').length / 1000, 1)
}
