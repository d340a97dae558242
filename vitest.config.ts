import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { closingLine } from './test/support/closing-line.ts'
import tsconfig from './tsconfig.json' with { type: 'json' }

/** The package by its name is its source: what the compiler reads, so that nothing has to be built. */
const alias = Object.entries(tsconfig.compilerOptions.paths).map(([name, [source = '']]) => ({
  find: new RegExp(`^${name}$`),
  replacement: new URL(source, import.meta.url).pathname,
}))

/** Hundreds of waits, clock step by clock step. */
const longWaits = 'test/unit/waiting/sweep*.test.ts'
const project = (name: string, include: string[], exclude: string[] = []) => ({
  extends: true as const,
  test: { name, include, exclude, globalSetup: 'test/support/command-build.ts' },
})

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  resolve: { alias },
  test: {
    // What takes minutes, because it kills processes, starts workerd or breaks every step, is `npm run test:slow`.
    projects: [
      project('quick', ['test/{unit,flow,faults}/**/*.test.ts', 'examples/testing/*.test.ts'], [longWaits]),
      project('slow', ['test/{slow,workers}/**/*.test.ts', longWaits]),
    ],
    reporters: ['default', closingLine()],
    // Many tests wait for processes and sockets, so a worker more than the usual one per core but one pays.
    maxWorkers: availableParallelism() + 1,
    // Against tests that hang, not slow machines.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    unstubGlobals: true,
  },
})
