// What a run of the benchmark found, and under which versions.
import { readFile } from 'node:fs/promises'
import type { BundleResult } from '../cases/bundle.ts'
import type { ColdResult } from '../cases/cold.ts'
import type { CpuResult } from '../cases/cpu.ts'
import type { MemoryResult } from '../cases/memory.ts'
import type { QueueResult } from '../cases/queue.ts'
import type { TripsResult } from '../cases/trips.ts'
import type { WaitingCase } from '../cases/waiting.ts'

export type Results = {
  measuredAt: string
  node: string
  platform: string
  versions: Record<string, string>
  cpu: CpuResult
  trips: TripsResult
  bundle: BundleResult
  cold: ColdResult
  memory: MemoryResult
  waiting: WaitingCase[]
  queue: QueueResult
}

export const parts = ['bundle', 'trips', 'waiting', 'cold', 'cpu', 'memory', 'queue'] as const
export type Part = (typeof parts)[number]

const packages = [
  'stablestudio',
  '@x402/fetch',
  '@x402/evm',
  '@x402/extensions',
  'mppx',
  'viem',
  'ky',
  'zod',
  'esbuild',
]

/** The versions that are installed, as their own package files name them. */
export async function readVersions(): Promise<Record<string, string>> {
  const versions = packages.map(async (name) => {
    const { version } = JSON.parse(await readFile(`node_modules/${name}/package.json`, 'utf8'))
    return [name, version] as const
  })
  return Object.fromEntries(await Promise.all(versions))
}
