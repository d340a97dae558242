// What of Cloudflare's types this example uses; in a project of your own `wrangler types` writes all of them.
declare module 'cloudflare:workers' {
  type State = {
    storage: {
      sql: { exec(statement: string, ...values: string[]): { toArray(): Record<string, string>[] } }
    }
  }
  export class DurableObject {
    constructor(ctx: State, env: unknown)
    protected ctx: State
  }
}
