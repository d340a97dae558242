import { defineConfig } from 'vitest/config'
import { closingLine } from './test/support/closing-line.ts'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    include: ['test/{unit,flow,faults}/**/*.test.ts'],
    reporters: ['default', closingLine()],
    testTimeout: 20_000,
    restoreMocks: true,
    unstubGlobals: true,
  },
})
