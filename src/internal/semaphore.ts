// A semaphore: so many at once, the others in the order in which they came.
import type { Deadline } from './time.ts'

export type Semaphore = {
  /** Runs `work` when a place is free; resolves to `undefined`, without running it, when the deadline comes first. */
  run<value>(
    work: () => Promise<value>,
    deadline: Pick<Deadline, 'left' | 'signal' | 'instant'>,
  ): Promise<value | undefined>
}

export function createSemaphore(places: number): Semaphore {
  const waiting = new Set<() => void>()
  let free = places

  const wait = ({ left, signal, instant }: Pick<Deadline, 'left' | 'signal' | 'instant'>) =>
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
      const timer = instant ? undefined : setTimeout(giveUp, left())
      signal?.addEventListener('abort', giveUp, { once: true })
      waiting.add(start)
    })

  /** Hands the place on, so that no newcomer can take it from those who wait. */
  const release = () => {
    const [next] = waiting
    if (next) next()
    else free += 1
  }

  return {
    async run(work, deadline) {
      if (free > 0) free -= 1
      else if (!(await wait(deadline))) return undefined
      try {
        return await work()
      } finally {
        release()
      }
    },
  }
}
