// Builds the examples that have packages of their own, each against this package as it is packed, and has the server of one
// pay for a picture. Needs its types, too.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const run = (...args: string[]) => start('npm', args)

function start(program: string, args: string[]): void {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit', env })
  if (status !== 0) process.exit(1)
}

run('run', '--silent', 'build')
for (const name of ['wagmi', 'next']) {
  const folder = `examples/${name}`
  run('ci', '--silent', '--no-audit', '--no-fund', '--prefix', folder)
  run('run', '--silent', '--prefix', folder, 'build')
}
start(process.execPath, ['scripts/try-next.ts'])
