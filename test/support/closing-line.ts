// Ends a run with a line that anything can count: `N passed, N failed`.
import type { Reporter, TestModule } from 'vitest/node'

export function closingLine(): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[], errors) {
      const tests = modules.flatMap((module) => [...module.children.allTests()])
      const count = (state: string) => tests.filter((test) => test.result().state === state).length
      const broken = errors.length + modules.filter((module) => module.errors().length > 0).length
      const skipped = count('skipped')
      const line = `${count('passed')} passed, ${count('failed') + broken} failed`
      process.stdout.write(`\n${line}${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
    },
  }
}
