// Measurements run in fresh processes: a child reads its parameters from the command line and prints one line of JSON.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const limitMs = 120_000

/** Runs a script, named from the benchmark's folder, and resolves to what it measured. */
export async function inChild<result>(
  script: string,
  parameters: unknown,
  flags: readonly string[] = [],
): Promise<result> {
  const given = [...flags, '--no-warnings', script, JSON.stringify(parameters)]
  const { stdout } = await promisify(execFile)(process.execPath, given, { timeout: limitMs })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

export function parameters<type>(): type {
  return JSON.parse(process.argv[2] ?? '{}')
}

export function report(result: unknown): void {
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
