// Workers: the flow in real workerd, without Node's API, able to reach this machine only.
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Result } from './flow/rig.ts'
import { collect, end, limitMs, must } from './processes.ts'
import type { Outcome } from './programs.ts'
import { workerdPath } from './projects.ts'
import type { Studios } from './studios.ts'

const config = (script: string) => `
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "flow", worker = .flow), (name = "internet", network = (allow = ["local"]))],
  sockets = [(name = "entry", address = "127.0.0.1:0", service = "flow")],
);

const flow :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "${script}")],
  compatibilityDate = "2026-11-01",
);
`

export async function playInWorkerd(script: string, studios: Studios): Promise<Outcome> {
  const file = join(dirname(script), 'workerd.capnp')
  await writeFile(file, config(basename(script)))
  const { url: baseUrl, control } = await studios.open('workerd')
  const version = (await must(workerdPath, ['--version'])).trim().replace('workerd ', '')
  const worker = spawn(workerdPath, ['serve', file, '--control-fd=3'], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const [stdout, stderr] = [collect(worker.stdout), collect(worker.stderr)]
  try {
    const port = await portOf(worker.stdio[3] as Readable)
    if (!port) throw new Error('workerd did not start')
    const body = JSON.stringify({ baseUrl, control })
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      body,
      signal: AbortSignal.timeout(limitMs),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    const said = `${stdout()}${stderr()}`.trim()
    const quiet: Result = { check: 'quiet end', ...(said !== '' && { error: said.slice(0, 2_000) }) }
    return { runtime: 'workerd', version, results: [...(JSON.parse(text) as Result[]), quiet] }
  } catch (error) {
    const said = `${error} ${stdout()} ${stderr()}`.slice(0, 2_000)
    return { runtime: 'workerd', version, results: [{ check: 'quiet end', error: said }] }
  } finally {
    await end(worker)
  }
}

/** workerd tells on its control pipe which port it got; `undefined` when it ends instead. */
async function portOf(pipe: Readable): Promise<number | undefined> {
  for await (const line of createInterface({ input: pipe })) {
    const said = JSON.parse(line) as { event: string; port?: number }
    if (said.event === 'listen') return said.port
  }
  return undefined
}
