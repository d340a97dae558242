// Runs the programs of the documents, each in a process of its own, where the service is a sandbox.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Block } from './extract.ts'

/** What a process of Node cannot run, or not to its end. */
const elsewhere: readonly [RegExp, string][] = [
  [/\bwindow\.|'stablestudio\/(browser|react)'/, 'is for a page: test:browser'],
  [/\.listen\(/, 'serves until it is stopped: test/flow/proxy.test.ts'],
  [/'stablestudio\/bullmq'/, 'needs a Redis: demo:batch'],
]

export const reasonNotToRun = ({ code }: Block) => elsewhere.find(([pattern]) => pattern.test(code))?.[1]

/** @returns how many payments it made. @throws with what it said, if it failed. */
export async function run(block: Block): Promise<number> {
  const cwd = await mkdtemp(join(tmpdir(), 'stablestudio-document-'))
  try {
    const hook = fileURLToPath(new URL('on-sandbox.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', hook, '--input-type=module-typescript', '-'], {
      cwd,
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      // Against programs that hang.
      timeout: 60_000,
    })
    const [input, , errors, report] = child.stdio as unknown as [Writable, null, Readable, Readable]
    input.end(block.code)
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    const said = Promise.all([text(errors), text(report)])
    const [code, [complaint, payments]] = await Promise.all([ended, said])
    if (code !== 0) throw new Error(complaint.trim().slice(-1_500) || 'It did not end.')
    return Number(payments)
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
}
