import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { defineConfig, type Options } from 'tsup'

/** Public entry points: import path below `stablestudio` → source. */
const entries = Object.fromEntries([
  ['index', 'src/index.ts'],
  ...readdirSync('src/entries').map((file) => [
    `entries/${file.replace(/\.ts$/, '')}`,
    `src/entries/${file}`,
  ]),
])

/** esbuild leaves import paths alone when it does not bundle, so `./a.ts` becomes `./a.js` here. */
const rewriteImports: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'rewrite-relative-imports',
  setup(build) {
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      return {
        loader: 'ts',
        contents: source.replace(/(from |import\()'(\.{1,2}\/[^']+)\.ts'/g, "$1'$2.js'"),
      }
    })
  },
}

/** CommonJS cannot await while it loads, so it has its own way to the optional peer. */
const loadByRequire: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'load-by-require',
  setup(build) {
    build.onResolve({ filter: /^\.\/load\.ts$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.replace('load.ts', 'load-cjs.ts')),
    }))
  },
}

const common: Options = { target: 'es2022', sourcemap: false, silent: true }
const types = process.env.NO_TYPES === undefined

/** The files that stand for zod. In the build they hold what they need of it: loading all of it takes MBs of memory. */
const zodFiles = { 'internal/zod': 'src/internal/zod.ts', 'sandbox/state/zod': 'src/sandbox/state/zod.ts' }

// biome-ignore lint/style/noDefaultExport: tsup reads the default export
export default defineConfig([
  {
    ...common,
    // One file per module: bundlers then drop the schemas of operations that are not used.
    entry: [
      'src/**/*.ts',
      '!src/methods/mpp/load-cjs.ts',
      ...Object.values(zodFiles).map((file) => `!${file}`),
    ],
    format: ['esm'],
    bundle: false,
    outDir: 'dist',
    dts: types && { entry: entries },
    esbuildPlugins: [rewriteImports],
  },
  {
    ...common,
    entry: zodFiles,
    format: ['esm'],
    outDir: 'dist',
    // Both share one copy.
    splitting: true,
    noExternal: ['zod'],
    esbuildOptions: (options) => {
      options.chunkNames = 'internal/zod-[hash]'
    },
  },
  {
    ...common,
    // CommonJS must be bundled, with ky inside: ky is ESM only.
    entry: entries,
    format: ['cjs'],
    outDir: 'dist/cjs',
    splitting: true,
    noExternal: ['ky', 'zod'],
    esbuildPlugins: [loadByRequire],
    dts: types && { entry: entries },
  },
])
