// The edge runtime of Vercel: the flow in its engine, which has the APIs of the web and none of Node's.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Result } from './flow/rig.ts'
import type { Outcome } from './programs.ts'
import { runtimes } from './projects.ts'
import type { Studios } from './studios.ts'

/** What is used of `@edge-runtime/vm`, which only this folder's own install has. */
type EdgeVM = { evaluate<value>(code: string): value }

const name = '@edge-runtime/vm'

export async function playOnEdge(script: string, studios: Studios): Promise<Outcome> {
  const { url: baseUrl, control } = await studios.open('edge')
  const require = createRequire(join(runtimes, 'x.js'))
  const { EdgeVM }: { EdgeVM: new () => EdgeVM } = require(name)
  const { version }: { version: string } = require(`${name}/package.json`)
  const outcome = (results: Result[]) => ({ runtime: 'Edge', version, results })
  try {
    const vm = new EdgeVM()
    vm.evaluate(await readFile(script, 'utf8'))
    const body = JSON.stringify(JSON.stringify({ baseUrl, control }))
    const request = `new Request('http://edge.test/', { method: 'POST', body: ${body} })`
    const text = await vm.evaluate<Promise<string>>(
      `worker.default.fetch(${request}).then((response) => response.text())`,
    )
    return outcome([...(JSON.parse(text) as Result[]), { check: 'quiet end' }])
  } catch (error) {
    return outcome([{ check: 'quiet end', error: String(error).slice(0, 2_000) }])
  }
}
