// The waits of one client. From about twenty on, the job list is read for all of them.
import type { Context, Crowd } from '../context.ts'
import { putOff, release, type Watch } from './watch.ts'

/** From so many waits on, the list is read. */
const many = 20
/** So few look for themselves again. */
const few = 5

export function join(watch: Watch): void {
  const { context } = watch
  const crowd = crowdOf(context)
  crowd.members.add(watch)
  // A person signs for each request, and nothing is to be saved where time does not pass.
  if (context.payer?.prompts || context.instant) return
  if (!crowd.sweep && crowd.members.size >= many) start(context, crowd)
  if (crowd.sweep && crowd.trusted) putOff(watch, Date.now())
}

export function leave(watch: Watch): void {
  const crowd = crowdOf(watch.context)
  crowd.members.delete(watch)
  if (crowd.members.size >= few) return
  crowd.sweep?.abort()
  crowd.sweep = undefined
}

function start(context: Context, crowd: Crowd<Watch>): void {
  const stop = new AbortController()
  Object.assign(crowd, { sweep: stop, trusted: true })
  for (const watch of crowd.members) putOff(watch, Date.now())
  import('./sweep.ts')
    .then(({ sweep }) => sweep(context, crowd, stop.signal))
    .catch(() => {
      // Nothing depends on the list.
      crowd.trusted = false
    })
    .finally(() => release(crowd.members))
}

function crowdOf({ crowd }: Context): Crowd<Watch> {
  return crowd as Crowd<Watch>
}
