// What came out, as a table and as one line that anything can count.
import type { Outcome } from './programs.ts'

/** @returns the exit code. */
export function report(outcomes: readonly Outcome[]): number {
  // A check that did not run on a runtime must not look as if it had passed there.
  const common = outcomes
    .map(({ results }) => results.map(({ check }) => check))
    .reduce((some, names) => (names.length > some.length ? names : some), [])
    .filter((name) => !special.includes(name))
  let [passed, failed] = [0, 0]
  const rows = outcomes.map(({ runtime, version, results }) => {
    const missing = common.filter((name) => !results.some(({ check }) => check === name))
    const wrong = [
      ...results.filter(({ error }) => error !== undefined),
      ...missing.map((check) => ({ check, error: 'did not run' })),
    ]
    const fine = results.length - results.filter(({ error }) => error !== undefined).length
    passed += fine
    failed += wrong.length
    return { line: [runtime, version, `${fine} of ${fine + wrong.length}`], wrong }
  })
  const lines = [['runtime', 'version', 'checks passed'], ...rows.map(({ line }) => line)]
  const widths = [0, 1].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  for (const line of lines) {
    process.stdout.write(`${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`)
  }
  for (const { line, wrong } of rows) {
    for (const { check, error } of wrong) process.stdout.write(`\n${line[0]}, ${check}: ${error}\n`)
  }
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
  return failed === 0 && outcomes.length > 0 ? 0 : 1
}

/** Checks that only some runtimes can make. */
const special = ['files', 'cross-origin is barred', 'AI SDK']
