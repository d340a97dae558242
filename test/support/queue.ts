// A queue on a real Redis, a sandbox over HTTP, and workers in processes of their own.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { createGenerations, type GenerationsOptions } from '../../src/entries/bullmq.ts'
import { createSandbox, type SandboxOptions } from '../../src/entries/sandbox.ts'
import type { CrewCommand, CrewOrder } from './crew.ts'
import { bundlePayer } from './processes.ts'

export type Crew = {
  process: ChildProcess
  said: Record<string, unknown>[]
  /** Resolves once it said something with this name, or ended. */
  says(name: string, times?: number): Promise<void>
  tell(command: CrewCommand): void
  kill(): Promise<void>
  ended: Promise<number | null>
}

export function startCrew(script: string, order: CrewOrder): Crew {
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env.PATH, ORDER: JSON.stringify(order), NODE_COMPILE_CACHE: `${script}.cache` },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  // One that was killed reads no more.
  child.stdin.on('error', () => {})
  const said: Crew['said'] = []
  const looking = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(JSON.parse(line))
    for (const look of looking) look()
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return {
    process: child,
    said,
    ended,
    tell: (command) => child.stdin.write(`${JSON.stringify(command)}\n`),
    async says(name, times = 1) {
      const found = () => said.filter((line) => line[name] !== undefined).length >= times
      let look = () => {}
      const heard = new Promise<void>((resolve) => {
        look = () => {
          if (found()) resolve()
        }
        looking.add(look)
        look()
      })
      await Promise.race([heard, ended])
      looking.delete(look)
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

export type Yard = Awaited<ReturnType<typeof createYard>>

/** @param redis the port of a server. */
export async function createYard(redis: number, folder: string, sandboxOptions: SandboxOptions = {}) {
  const privateKey = generatePrivateKey()
  const wallet = privateKeyToAccount(privateKey)
  const sandbox = createSandbox({ speed: 20, ...sandboxOptions })
  sandbox.fund(wallet.address, '10000')
  const server = await sandbox.listen()
  const script = await bundlePayer(folder, 'crew.ts')
  const saves = join(folder, 'saves.jsonl')
  const crews: Crew[] = []
  // Of its own on that server.
  const prefix = `yard-${randomUUID()}`
  const options: GenerationsOptions = { connection: { host: '127.0.0.1', port: redis }, prefix }
  const generations = createGenerations(options)
  return {
    ...{ sandbox, wallet, privateKey, generations, script, server, crews, prefix, options },
    start({ options: given, ...order }: Partial<CrewOrder> = {}): Crew {
      const shared = { url: server.url, privateKey, redis, saves, store: prefix }
      const crew = startCrew(script, { ...shared, ...order, options: { prefix, ...given } })
      crews.push(crew)
      return crew
    },
    living: () => crews.filter(({ process }) => process.exitCode === null && process.signalCode === null),
    /** What was saved, in the order of saving. */
    saved: (): { key: string; job: string; size: number; at: number }[] =>
      existsSync(saves)
        ? readFileSync(saves, 'utf8')
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line))
        : [],
    async close() {
      await Promise.all(crews.map((crew) => crew.kill()))
      await generations.close()
      await server.close()
    },
  }
}

/** Adds so many generations. */
export async function addMany({ generations }: Pick<Yard, 'generations'>, count: number, prefix = 'k') {
  const keys = Array.from({ length: count }, (_, at) => `${prefix}-${at}`)
  for (let at = 0; at < count; at += 1_000)
    await generations.addBulk(
      keys.slice(at, at + 1_000).map((key) => ({
        operation: 'nano-banana/generate',
        input: { prompt: `picture ${key}` },
        key,
      })),
    )
  return keys
}

/** What does not hold: each key has one settlement and one job, and is saved or in the dead letters with its job. */
export async function verdictOf(yard: Yard, keys: readonly string[]): Promise<string[]> {
  const { sandbox, generations } = yard
  const dead = new Map<string, string | undefined>()
  for await (const { key, job } of generations.failed()) dead.set(key, job?.id)
  const saved = new Map(yard.saved().map(({ key, job }) => [key, job]))
  const problems: string[] = []
  const settlements = sandbox.settlements().length
  if (settlements !== keys.length) problems.push(`${settlements} settlements for ${keys.length} keys`)
  if (sandbox.jobs().length !== keys.length)
    problems.push(`${sandbox.jobs().length} jobs for ${keys.length} keys`)
  for (const key of keys) {
    const generation = await generations.get(key)
    const job = saved.get(key)
    if (generation?.stage === 'done' && job !== undefined && generation.job?.id === job) continue
    if (generation?.stage === 'failed' && dead.get(key)) continue
    problems.push(`${key} is ${generation?.stage}, saved as ${job}: ${JSON.stringify(generation?.error)}`)
  }
  const owners = new Map<string, string>()
  for (const { key, job } of yard.saved()) {
    if (owners.has(job) && owners.get(job) !== key)
      problems.push(`job ${job} is ${key} and ${owners.get(job)}`)
    owners.set(job, key)
  }
  return problems
}

/** Resolves when all are done or dead. */
export async function allEnded({ generations }: Yard, count: number, patienceMs: number): Promise<void> {
  const end = Date.now() + patienceMs
  for (;;) {
    const { done, failed } = await generations.counts()
    if (done + failed >= count) return
    if (Date.now() > end) throw new Error(`Not ended: ${JSON.stringify(await generations.counts())}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
