// Holds what TypeScript has to do for a file that uses the built client to a budget of instantiations.
import { execFileSync } from 'node:child_process'

const budget = 25_000
const options = ['--noEmit', '--strict', '--skipLibCheck', '--extendedDiagnostics']
const modules = ['--module', 'nodenext', '--target', 'es2022']

function instantiations(file: string): number {
  const tsc = 'node_modules/typescript/bin/tsc'
  const printed = execFileSync(process.execPath, [tsc, '--ignoreConfig', ...options, ...modules, file], {
    encoding: 'utf8',
  })
  return Number(/^Instantiations:\s+(\d+)/m.exec(printed)?.[1])
}

const cost = instantiations('test/budget/with.ts') - instantiations('test/budget/without.ts')
const fine = cost > 0 && cost < budget
process.stdout.write(`${fine ? 'ok  ' : 'FAIL'} types   ${cost} instantiations of ${budget}\n`)
process.exitCode = fine ? 0 : 1
