// Workers on real workerd: bundled from source, started on a free port of this machine.
import { build } from 'esbuild'
import { Miniflare, type MiniflareOptions } from 'miniflare'

/** A worker's script, bundled as a user's tool would. */
export async function bundleWorker(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:workers'],
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}

export async function startWorker(
  script: string,
  options: Omit<MiniflareOptions, 'script' | 'modules' | 'workers'> & { compatibilityDate: string },
): Promise<{ url: string; worker: Miniflare; close(): Promise<void> }> {
  const shared = { modules: true, script, host: '127.0.0.1', port: 0, cf: false } as const
  const worker = new Miniflare({ ...shared, ...options } as MiniflareOptions)
  const url = (await worker.ready).origin
  return { url, worker, close: () => worker.dispose() }
}
