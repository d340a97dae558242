// The service behind this server: the real one, or with STABLESTUDIO=sandbox one in memory, with play money.
import { createProxy } from 'stablestudio/proxy'
import { createSandbox, type Sandbox } from 'stablestudio/sandbox'

export const basePath = '/api/stablestudio'

/** Kept over the reloads of a development server, with its balances and jobs. */
const kept = globalThis as { stablestudioSandbox?: Sandbox }

export function sandbox(): Sandbox | undefined {
  if (process.env.STABLESTUDIO !== 'sandbox') return undefined
  kept.stablestudioSandbox ??= createSandbox({ speed: 2 })
  return kept.stablestudioSandbox
}

/** The sandbox stands at the page's own address, so that its pictures can be shown. */
export function relay(request: Request): Promise<Response> {
  const memory = sandbox()
  const target = originOf(request)
  return createProxy(memory ? { basePath, target, fetch: memory.fetch } : { basePath })(request)
}

/** As the browser has it: Next may name another host. */
export function originOf(request: Request): string {
  return `http://${request.headers.get('host')}`
}
