// Ends a run with a line that anything can count, and how long it took: `N passed, N failed in N s`.
import type { Reporter, TestModule } from 'vitest/node'

export function closingLine(): Reporter {
  let begun = 0
  return {
    onTestRunStart() {
      begun = performance.now()
    },
    onTestRunEnd(modules: readonly TestModule[], errors) {
      const tests = modules.flatMap((module) => [...module.children.allTests()])
      const count = (state: string) => tests.filter((test) => test.result().state === state).length
      const broken = errors.length + modules.filter((module) => module.errors().length > 0).length
      const skipped = count('skipped')
      const line = `${count('passed')} passed, ${count('failed') + broken} failed`
      const seconds = Math.round((performance.now() - begun) / 1000)
      process.stdout.write(`\n${line}${skipped > 0 ? `, ${skipped} skipped` : ''} in ${seconds} s\n`)
    },
  }
}
