// Starts payers (`payer.ts`), bundled once so that hundreds of them start quickly.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import type { Order } from './payer.ts'
import type { MppOrder } from './payer-mpp.ts'
import type { SolanaOrder } from './payer-solana.ts'
import type { SpendOrder } from './spender.ts'

export type Said = { ready?: true; stopped?: true; job?: string; error?: string; details?: string }

/** The path of the bundled payer in a folder. */
export async function bundlePayer(folder: string, payer = 'payer.ts'): Promise<string> {
  const outfile = join(folder, 'payer.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, payer)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  })
  return outfile
}

export type Payer = {
  process: ChildProcess
  said: Said[]
  /** Resolves once it said something like this, or ended. */
  says(name: keyof Said): Promise<void>
  /** Ends it as a power failure would. */
  kill(): Promise<void>
  ended: Promise<number | null>
}

export function startPayer(script: string, order: Order | MppOrder | SolanaOrder | SpendOrder): Payer {
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env.PATH, ORDER: JSON.stringify(order), NODE_COMPILE_CACHE: `${script}.cache` },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: Said[] = []
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const waiting = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(JSON.parse(line) as Said)
    for (const look of waiting) look()
  })
  return {
    process: child,
    said,
    ended,
    async says(name) {
      await Promise.race([
        ended,
        new Promise<void>((resolve) => {
          const look = () => {
            if (said.some((one) => one[name] !== undefined)) resolve()
          }
          waiting.add(look)
          look()
        }),
      ])
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
