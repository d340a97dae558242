// The relay as a worker.
import { createProxy } from '../../src/entries/proxy.ts'

// biome-ignore lint/style/noDefaultExport: workers are default exports
export default {
  fetch: (request: Request, env: { TARGET: string }) => createProxy({ target: env.TARGET })(request),
}
