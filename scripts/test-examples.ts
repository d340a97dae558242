// Runs the examples of docs/testing.md that vitest does not: on node:test and Jest, as CommonJS and as ES modules.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const jest = `${root}examples/testing/jest`
const installed = `${jest}/node_modules/stablestudio`

function run(folder: string, ...args: string[]): void {
  const { status } = spawnSync(process.execPath, args, { cwd: folder, stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}

rmSync(installed, { recursive: true, force: true })
mkdirSync(installed)
copyFileSync(`${root}package.json`, `${installed}/package.json`)
symlinkSync(`${root}dist`, `${installed}/dist`, 'junction')
run(root, '--test', 'examples/testing/node-test.ts')
run(jest, 'node_modules/jest/bin/jest.js', 'cover')
run(jest, '--experimental-vm-modules', 'node_modules/jest/bin/jest.js', 'esm')
