// Several processes that measure at the same time: all begin when the last one is ready.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const limitMs = 120_000

/** Runs a script once for each of these parameters; resolves to what each reported in its last line. */
export async function inGroup<result>(script: string, parameters: readonly unknown[]): Promise<result[]> {
  const members = parameters.map((one) => start(script, one))
  await Promise.all(members.map(({ ready }) => ready))
  for (const { child } of members) child.stdin.write('go\n')
  return Promise.all(members.map(async ({ ended }) => JSON.parse(await ended) as result))
}

function start(script: string, parameters: unknown) {
  const given = ['--no-warnings', script, JSON.stringify(parameters)]
  const env = { ...process.env, NODE_COMPILE_CACHE: '.cache/compiled' }
  const child = spawn(process.execPath, given, { stdio: ['pipe', 'pipe', 'inherit'], timeout: limitMs, env })
  const lines = createInterface({ input: child.stdout })
  let last = ''
  lines.on('line', (line) => {
    last = line
  })
  const ended = once(child, 'close').then(([code]) => {
    if (code !== 0) throw new Error(`${script} ended with ${code}.`)
    return last
  })
  return { child, ready: Promise.race([once(lines, 'line'), ended]), ended }
}
