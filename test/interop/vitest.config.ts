import { defineConfig } from 'vitest/config'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['scenarios/**/*.test.ts'],
    reporters: ['default'],
    // The router reports each refused payment; only what belongs to a failing test is of interest.
    silent: 'passed-only',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
