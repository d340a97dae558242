import { defineConfig } from 'vitest/config'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['scenarios/**/*.test.ts'],
    reporters: ['default'],
    // The router reports each refused payment; only what belongs to a failing test is of interest.
    silent: 'passed-only',
    // The router and what it brings along take longer to load than most files take to run.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
