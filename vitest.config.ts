import { defineConfig } from 'vitest/config'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts', 'test/flow/**/*.test.ts', 'test/faults/**/*.test.ts'],
    testTimeout: 20_000,
    restoreMocks: true,
  },
})
