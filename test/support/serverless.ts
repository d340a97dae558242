// The serverless example where it runs: as a worker on workerd, and as functions on Node; both can be killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { bundleWorker, startWorker } from './workerd.ts'

export type Running = {
  url: string
  /** Runs what the platform runs on its schedule. */
  schedule(): Promise<void>
  /** Ends it in the middle of whatever it does. */
  kill(): Promise<void>
}

export type Settings = { PRIVATE_KEY: string; API_TOKEN: string; STUDIO_URL: string; WAIT_MS?: string }
/** Starts it on a folder that outlives it. */
export type Platform = (settings: Settings, folder: string) => Promise<Running>

const here = (path: string) => join(import.meta.dirname, path)

const workerScript = bundleWorker(here('../workers/conformance.ts'))

export const onWorkerd: Platform = async (settings, folder) => {
  const { url, worker, close } = await startWorker(await workerScript, {
    compatibilityDate: '2026-04-01',
    bindings: { ...settings },
    durableObjects: { PAYMENTS: { className: 'Payments', useSQLite: true } },
    durableObjectsPersist: folder,
  })
  return {
    url,
    kill: close,
    async schedule() {
      const entry = (await worker.getWorker()) as unknown as {
        scheduled(event: { cron: string }): Promise<{ outcome: string }>
      }
      const { outcome } = await entry.scheduled({ cron: '*/5 * * * *' })
      if (outcome !== 'ok') throw new Error(`The scheduled invocation ended with ${outcome}.`)
    },
  }
}

const secret = 'secret-of-the-schedule'

export const onNode: Platform = async (settings, folder) => {
  const script = join(folder, 'functions.mjs')
  await build({
    entryPoints: [here('vercel-host.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  })
  const env = {
    PATH: process.env.PATH,
    CRON_SECRET: secret,
    PAYMENTS_FOLDER: join(folder, 'payments'),
    ...settings,
  }
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const [port] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async schedule() {
      const headers = { authorization: `Bearer ${secret}`, connection: 'close' }
      const { status } = await fetch(`${url}/api/settle`, { headers })
      if (status !== 200) throw new Error(`The scheduled invocation answered ${status}.`)
    },
  }
}
