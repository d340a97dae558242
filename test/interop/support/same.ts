// The rule of this package: what is seen on the one service is seen on the other.
import { afterAll, beforeAll, expect } from 'vitest'
import { plain } from './observe.ts'
import { type Stack, type StackOptions, startStacks } from './stack.ts'

export type Same = <seen>(run: (stack: Stack) => Promise<seen>) => Promise<seen>

/** Starts both services for a file's tests; the function runs a scenario on each and demands the same observations. */
export function onBoth(options?: StackOptions): Same {
  let running: Awaited<ReturnType<typeof startStacks>> | undefined
  beforeAll(async () => {
    running = await startStacks(options)
  })
  afterAll(() => running?.close())
  return async (run) => {
    if (!running) throw new Error('not started')
    const [sandbox, real] = await Promise.all(
      running.stacks.map(async (stack) => plain(stack, await run(stack))),
    )
    expect(sandbox, 'the sandbox (received) against the real service (expected)').toEqual(real)
    return real as never
  }
}
