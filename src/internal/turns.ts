// So many at once, the others in the order in which they came.
import type { Deadline } from './time.ts'

export type Turns = {
  /** Runs `work` when its turn has come; resolves to `undefined`, without running it, when the deadline comes first. */
  take<value>(
    work: () => Promise<value>,
    deadline: Pick<Deadline, 'left' | 'signal'>,
  ): Promise<value | undefined>
}

export function createTurns(atOnce: number): Turns {
  const waiting = new Set<() => void>()
  let free = atOnce

  const wait = ({ left, signal }: Pick<Deadline, 'left' | 'signal'>) =>
    new Promise<boolean>((resolve) => {
      if (signal?.aborted) return resolve(false)
      const done = (mine: boolean) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', giveUp)
        waiting.delete(start)
        resolve(mine)
      }
      const start = () => done(true)
      const giveUp = () => done(false)
      const timer = setTimeout(giveUp, left())
      signal?.addEventListener('abort', giveUp, { once: true })
      waiting.add(start)
    })

  /** Hands the turn on, so that no one who comes now can take it from those who wait. */
  const end = () => {
    const [next] = waiting
    if (next) next()
    else free += 1
  }

  return {
    async take(work, deadline) {
      if (free > 0) free -= 1
      else if (!(await wait(deadline))) return undefined
      try {
        return await work()
      } finally {
        end()
      }
    },
  }
}
