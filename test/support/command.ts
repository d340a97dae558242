// The command as a child process, each machine with a data folder and a wallet of its own, on a sandbox that listens.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { afterAll, inject, vi } from 'vitest'
import {
  createSandbox,
  type Sandbox,
  type SandboxOptions,
  type SandboxRequest,
  type SandboxServer,
} from '../../src/entries/sandbox.ts'
import { useFolders } from './folder.ts'

export type Ran = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }

export type Running = {
  process: ChildProcess
  ended: Promise<Ran>
  /** Resolves once stderr holds this, or the command ended. */
  says(text: string | RegExp): Promise<void>
  kill(signal: NodeJS.Signals): void
}

type Env = Record<string, string | undefined>
/** @param input what stdin holds; without it stdin is empty. */
export type Start = { env?: Env; input?: string; cwd?: string; shell?: string }

export type Machine = {
  /** The folder that the command runs in; its data, and its home, are beside it. */
  work: string
  data: string
  home: string
  key: `0x${string}`
  address: `0x${string}`
  env: Env
  sandbox: Sandbox
  url: string
  start(args: readonly string[], how?: Start): Running
  run(args: readonly string[], how?: Start): Promise<Ran>
  /** The names of the files that the command made. */
  files(folder?: string): Promise<string[]>
  settlements(): number
  /** Resolves once the sandbox got such a request. */
  reached(test: (request: SandboxRequest) => boolean): Promise<unknown>
}

export const bin = () => inject('command')

/** Called once in a test file; the returned function makes a machine and its service. */
export function useCommand(): (options?: SandboxOptions & { usd?: string }) => Promise<Machine> {
  const makeFolder = useFolders()
  const running = new Set<ChildProcess>()
  const servers: SandboxServer[] = []
  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL')
    for (const server of servers) await server.close()
  })
  return async ({ usd = '10', ...options } = {}) => {
    const sandbox = createSandbox({ speed: 1_000, ...options })
    const server = await sandbox.listen()
    servers.push(server)
    const folder = await makeFolder()
    const [work, data, home] = [join(folder, 'work'), join(folder, 'data'), join(folder, 'home')]
    for (const one of [work, home]) await mkdir(one)
    const key = generatePrivateKey()
    const address = privateKeyToAddress(key)
    sandbox.fund(address, usd)
    const env: Env = {
      PATH: process.env.PATH,
      HOME: home,
      STABLESTUDIO_DATA: data,
      STABLESTUDIO_SERVICE: server.url,
      STABLESTUDIO_PRIVATE_KEY: key,
      NODE_COMPILE_CACHE: join(dirname(bin()), '.cache'),
    }
    const start = (args: readonly string[], how: Start = {}) => {
      const one = spawnCommand(args, { cwd: work, ...how, env: { ...env, ...how.env } })
      running.add(one.process)
      one.process.once('close', () => running.delete(one.process))
      return one
    }
    return {
      ...{ work, data, home, key, address, env, sandbox, url: server.url, start },
      run: (args, how) => start(args, how).ended,
      files: async (name = '.') => (await readdir(join(work, name))).sort(),
      settlements: () => sandbox.settlements().filter(({ from }) => from === address).length,
      reached: (test) => vi.waitUntil(() => sandbox.requests().some(test), { interval: 5, timeout: 60_000 }),
    }
  }
}

function spawnCommand(args: readonly string[], { env, input, cwd, shell }: Start): Running {
  const command = [process.execPath, bin(), ...args]
  const [file = '', ...rest] = shell === undefined ? command : ['bash', '-c', shell, 'bash', ...command]
  const child = spawn(file, rest, { env: env as NodeJS.ProcessEnv, cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  child.stdin.end(input ?? '')
  let [stdout, stderr, over] = ['', '', false]
  const waiting = new Set<() => void>()
  const look = () => {
    for (const one of waiting) one()
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    look()
  })
  const ended = once(child, 'close').then(([code, signal]) => {
    over = true
    look()
    return { code, signal, stdout, stderr } as Ran
  })
  const says = (text: string | RegExp) =>
    new Promise<void>((resolve) => {
      const isSaid = () => (typeof text === 'string' ? stderr.includes(text) : text.test(stderr))
      const once = () => {
        if (isSaid() || over) resolve()
      }
      waiting.add(once)
      once()
    })
  return { process: child, ended, says, kill: (signal) => void child.kill(signal) }
}

/** The one JSON value of stdout. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect
export const jsonOf = ({ stdout }: Ran): any => JSON.parse(stdout)

export const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '')

export const readText = (path: string) => readFile(path, 'utf8')
