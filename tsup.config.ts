import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
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

/**
 * tsup has sucrase write the CommonJS, which loses the name of a class with fields (`_class7`) unless the expression has
 * one: trackers group errors by `constructor.name`.
 */
const keepClassNames: NonNullable<Options['plugins']>[number] = {
  name: 'keep-class-names',
  renderChunk: (code) => ({
    code: code.replace(/^var (\w+) = class (?=extends |\{)/gm, 'var $1 = class $1 '),
  }),
}

/** The command has its libraries inside, and takes the package itself from the files beside it: one copy of the client. */
const ownPackageOutside: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'own-package-outside',
  setup(build) {
    build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir }) => {
      const file = relative(resolve('src'), resolve(resolveDir, path))
      if (/^(cli|local)\//.test(file)) return undefined
      return { path: `../${file.replace(/\.ts$/, '.js')}`, external: true }
    })
  },
}

/** In CommonJS the files that stand for the MCP library are a bundle of their own. */
const protocolOutside: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'protocol-outside',
  setup(build) {
    build.onResolve({ filter: /^\.\/(protocol|zod)\.ts$/ }, ({ path, resolveDir }) =>
      resolveDir === resolve('src/mcp')
        ? { path: `../mcp/${path.slice(2, -3)}.cjs`, external: true }
        : undefined,
    )
  },
}

/** The MCP library brings a validator of JSON Schema for each runtime, of 10 to 35 kB: none of ours needs one. */
const noValidator: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'no-validator',
  setup(build) {
    build.onResolve({ filter: /^@modelcontextprotocol\/server\/_shims$/ }, () => ({
      path: resolve('scripts/no-validator.ts'),
    }))
  },
}

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
const define = { PACKAGE_VERSION: JSON.stringify(version) }

const common: Options = { target: 'es2022', sourcemap: false, silent: true, define }
const types = process.env.NO_TYPES === undefined

/** The files that stand for zod. In the build they hold what they need of it: loading all of it takes MBs of memory. */
const zodFiles = { 'internal/zod': 'src/internal/zod.ts', 'sandbox/state/zod': 'src/sandbox/state/zod.ts' }
/** The files that stand for the MCP library, with the zod that it shares with the tools. */
const mcpFiles = { 'mcp/protocol': 'src/mcp/protocol.ts', 'mcp/zod': 'src/mcp/zod.ts' }

/** Of `devDependencies`: a user of the SDK installs nothing for the command. */
const bundledByCommand: (string | RegExp)[] = [
  'commander',
  '@clack/prompts',
  'uqr',
  'supports-terminal-graphics',
  'ox',
  // Those that ox needs are of another version than the client's.
  /^@noble\//,
  '@bomb.sh/tab',
]

// biome-ignore lint/style/noDefaultExport: tsup reads the default export
export default defineConfig([
  {
    ...common,
    // One file per module: bundlers then drop the schemas of operations that are not used.
    entry: [
      'src/**/*.ts',
      '!src/**/load-cjs.ts',
      '!src/cli/**',
      '!src/local/**',
      ...Object.values({ ...zodFiles, ...mcpFiles }).map((file) => `!${file}`),
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
    entry: mcpFiles,
    format: ['esm'],
    outDir: 'dist',
    splitting: true,
    noExternal: ['zod', /^@modelcontextprotocol\//],
    minify: true,
    esbuildPlugins: [noValidator],
    esbuildOptions: (options) => {
      options.chunkNames = 'mcp/library-[hash]'
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
    esbuildPlugins: [loadByRequire, protocolOutside],
    plugins: [keepClassNames],
    dts: types && { entry: entries },
  },
  {
    ...common,
    // Apart, so that no name of the MCP library changes ours, and that the core shares no file with all of zod.
    entry: mcpFiles,
    format: ['cjs'],
    outDir: 'dist/cjs',
    splitting: true,
    noExternal: ['zod', /^@modelcontextprotocol\//],
    esbuildPlugins: [noValidator],
    esbuildOptions: (options) => {
      options.chunkNames = 'mcp/library-[hash]'
    },
  },
  {
    ...common,
    entry: { bin: 'src/cli/bin.ts' },
    format: ['esm'],
    outDir: 'dist/cli',
    // Tells scripts/notices.ts whose licences to ship.
    metafile: true,
    // A command loads what it needs, so that `--help` is there at once.
    splitting: true,
    noExternal: bundledByCommand,
    esbuildPlugins: [ownPackageOutside],
    minify: true,
  },
])
