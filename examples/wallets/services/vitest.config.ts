// The recipes with the services' own packages: `npm run test:signers`.
import { defineConfig } from 'vitest/config'
import { closingLine } from '../../../test/support/closing-line.ts'

const entry = (name: string) => new URL(`../../../src/${name}.ts`, import.meta.url).pathname

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  resolve: {
    alias: [
      { find: /^stablestudio$/, replacement: entry('index') },
      { find: /^stablestudio\/(\w+)$/, replacement: entry('entries/$1') },
    ],
  },
  test: {
    root: import.meta.dirname,
    include: ['test/*.test.ts'],
    reporters: ['default', closingLine()],
    testTimeout: 60_000,
    unstubEnvs: true,
  },
})
