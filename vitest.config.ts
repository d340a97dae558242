import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { closingLine } from './test/support/closing-line.ts'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
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
