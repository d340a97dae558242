// Starts programs and ends them by their handle.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Far more than anything here takes, even on a busy machine. */
export const limitMs = 300_000

export type Ended = { code: number | null; stdout: string; stderr: string }

/** Runs a program to its end, or ends it after the time. */
export async function run(
  command: string,
  parameters: readonly string[],
  options: SpawnOptions & { timeoutMs?: number } = {},
): Promise<Ended> {
  const { timeoutMs = limitMs, ...rest } = options
  const child = spawn(command, parameters, { ...rest, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  try {
    const [code] = await once(child, 'close')
    return { code, stdout: stdout(), stderr: stderr() }
  } finally {
    clearTimeout(timer)
  }
}

/** Like {@link run}; throws unless it ended well. */
export async function must(...parameters: Parameters<typeof run>): Promise<string> {
  const { code, stdout, stderr } = await run(...parameters)
  if (code === 0) return stdout
  throw new Error(`${parameters[0]} ${parameters[1].join(' ')} ended with ${code}\n${stdout}\n${stderr}`)
}

/** Collects what a stream says; the function gives what came so far. */
export function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = []
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString()
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
}
