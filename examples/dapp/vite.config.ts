// `vite` and `vite preview` with the relay to the service; with `--mode sandbox` the sandbox is behind it.
import { defineConfig } from 'vite'
import { relay } from './server/relay.ts'
import { createSandboxBehind } from './server/sandbox.ts'

// biome-ignore lint/style/noDefaultExport: vite reads the default export
export default defineConfig(({ mode }) => ({
  plugins: [relay({ instead: mode === 'sandbox' ? createSandboxBehind() : undefined })],
  server: { host: '127.0.0.1', port: 5173 },
  preview: { host: '127.0.0.1', port: 4173 },
  build: { target: 'es2022', modulePreload: { polyfill: false } },
}))
