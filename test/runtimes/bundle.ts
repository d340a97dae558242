// Bundles the flow: for Node, Bun and Deno without the package, for workers and pages with it.
import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'

export type Bundles = { esm: string; cjs: string; worker: string; edge: string; page: string }

const entries = join(import.meta.dirname, 'entries')

/** @param project where the package is installed that goes into the bundles. */
export async function bundle(folder: string, project: string): Promise<Bundles> {
  const bundles = {
    esm: join(folder, 'flow.mjs'),
    cjs: join(folder, 'flow.cjs'),
    worker: join(folder, 'worker.js'),
    edge: join(folder, 'edge.js'),
    page: join(folder, 'page.js'),
  }
  await Promise.all([
    make('files.ts', bundles.esm, outside('esm')),
    make('files.ts', bundles.cjs, outside('cjs')),
    // As wrangler does.
    make('worker.ts', bundles.worker, inside(project, ['workerd', 'worker', 'browser'])),
    // As next does; a script, because the edge's engine is given one.
    make('worker.ts', bundles.edge, {
      ...inside(project, ['edge-light', 'worker', 'browser']),
      format: 'iife',
      globalName: 'worker',
    }),
    make('page.ts', bundles.page, inside(project, ['browser'])),
  ])
  return bundles
}

async function make(entry: string, outfile: string, options: BuildOptions): Promise<void> {
  const common = { bundle: true, target: 'es2022', logLevel: 'error' } as const
  await build({ ...common, ...options, entryPoints: [join(entries, entry)], outfile })
}

function outside(format: 'esm' | 'cjs'): BuildOptions {
  return {
    format,
    platform: 'node',
    // The repository's tsconfig points the package's name at its sources.
    tsconfigRaw: {},
    external: ['stablestudio', 'stablestudio/*', 'viem', 'viem/*', 'ai'],
    define: { FORMAT: JSON.stringify(format) },
    // `import.meta` is used in the ESM half only.
    logOverride: { 'empty-import-meta': 'silent' },
  }
}

function inside(project: string, conditions: string[]): BuildOptions {
  const modules = join(project, 'node_modules')
  return {
    format: 'esm',
    platform: 'browser',
    minify: true,
    conditions,
    tsconfigRaw: {},
    nodePaths: [modules],
    plugins: [installedPackages(project)],
  }
}

/** Names of packages mean the project's, wherever the file lies that imports them. */
function installedPackages(project: string): NonNullable<BuildOptions['plugins']>[number] {
  return {
    name: 'installed-packages',
    setup({ onResolve, resolve }) {
      const from = join(project, 'package.json')
      onResolve({ filter: /^(stablestudio|viem|ai$)/ }, ({ path, pluginData, importer, kind }) => {
        if (pluginData === from || importer.startsWith(project)) return undefined
        if (path === 'stablestudio-commonjs') {
          return { path: join(project, 'node_modules/stablestudio/dist/cjs/index.cjs') }
        }
        return resolve(path, { kind, resolveDir: project, pluginData: from })
      })
    },
  }
}
