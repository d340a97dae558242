// The tests in a real browser: `npm run test:browser`.
import { defineConfig } from 'vitest/config'
import { closingLine } from '../support/closing-line.ts'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.ts'],
    globalSetup: './support/global-setup.ts',
    reporters: ['default', closingLine()],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
