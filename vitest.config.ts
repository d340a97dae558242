import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { closingLine } from './test/support/closing-line.ts'
import tsconfig from './tsconfig.json' with { type: 'json' }

/** The package by its name is its source: what the compiler reads, so that nothing has to be built. */
const alias = Object.entries(tsconfig.compilerOptions.paths).map(([name, [source = '']]) => ({
  find: new RegExp(`^${name}$`),
  replacement: new URL(source, import.meta.url).pathname,
}))

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  resolve: { alias },
  test: {
    include: ['test/{unit,flow,faults,workers}/**/*.test.ts'],
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
