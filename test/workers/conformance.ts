// The serverless example's worker, and beside it the contract of its store, checked inside a worker.
import { durableObjectStore } from '../../examples/serverless/durable-object-store.ts'
import example from '../../examples/serverless/worker.ts'
import { storeRules } from '../../src/stores/conformance/rules.ts'

export { Payments } from '../../examples/serverless/worker.ts'

type Env = Parameters<typeof example.fetch>[1]

// biome-ignore lint/style/noDefaultExport: workers are default exports
export default {
  ...example,
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url)
    const [, name] = /^\/rule\/(.+)$/.exec(pathname) ?? []
    if (name === undefined) return example.fetch(request, env)
    const rule = storeRules.find((one) => one.name === decodeURIComponent(name))
    const open = (object: string) => async () => durableObjectStore(env.PAYMENTS, object)
    try {
      await rule?.check(async () => {
        const again = open(crypto.randomUUID())
        return { store: await again(), again }
      })
      return new Response(rule ? 'kept' : 'no such rule')
    } catch (error) {
      return new Response(String(error))
    }
  },
}
