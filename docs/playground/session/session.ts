// Programs one after the other: each in a new world, or again in the same one, as after a reload.

import type { Job } from '../../../src/types.ts'
import collectCode from '../presets/collect.ts?raw'
import type { Report } from '../wire.ts'
import type { FaultName } from './faults.ts'
import { type Program, startProgram } from './program.ts'
import { nothingSeen, reloaded, type Seen, take } from './seen.ts'
import { createStores } from './stores.ts'
import { createWorld, paidIn } from './world.ts'

export type Source = { code: string; file: File }

export type Session = {
  seen(): Seen
  /** Runs a program in a new world: a new wallet, an empty ledger. */
  run(source: Source, fault?: FaultName): void
  /** Runs a program on what the one before has left. */
  again(source: Source): void
  /** Waits for the job of the error. */
  collect(source: Source): void
  stop(): void
  /** Ends what still runs; the page is left. */
  close(): void
}

const watchEveryMs = 500

/** @param changed is called whenever there is something else to see. */
export function createSession(changed: () => void): Session {
  const stores = createStores()
  let world = createWorld(stores.next())
  let seen = nothingSeen(paidIn(world))
  let program: Program | undefined
  let heardAt = 0

  const readLedger = latest(async () => {
    const of = world
    const ledger = await stores.attempts(of.database).catch(() => undefined)
    if (of !== world || !ledger) return
    seen.ledger = ledger
    changed()
  })
  const refresh = () => {
    seen.paid = paidIn(world)
    changed()
    readLedger()
  }
  const end = (phase: Seen['phase']) => {
    program?.end()
    if (seen.phase === 'running') seen.phase = phase
    refresh()
  }
  const report = (told: Report) => {
    heardAt = Date.now()
    seen.silentMs = 0
    take(seen, told)
    if (told.kind !== 'alive') refresh()
  }
  const start = ({ code, file }: Source, job?: Job) => {
    seen.phase = 'running'
    heardAt = Date.now()
    const { fault } = seen
    const settled = () => {
      if (fault === 'crash') end('crashed')
    }
    const log = { push: (entry: Seen['requests'][number]) => seen.requests.push(entry) }
    const { privateKey, database } = world
    program = startProgram(
      { code, privateKey, database, file, job },
      { world, log, changed: refresh, settled, report },
    )
    refresh()
  }
  const again = (source: Source) => {
    const job = seen.failure?.job
    end('stopped')
    seen = reloaded(seen)
    world.calm()
    start(source, job)
  }
  const watch = setInterval(() => {
    if (seen.phase !== 'running') return
    seen.silentMs = Date.now() - heardAt
    changed()
  }, watchEveryMs)

  return {
    seen: () => seen,
    run(source, fault) {
      end('stopped')
      world = createWorld(stores.next(), fault)
      seen = nothingSeen(paidIn(world), fault)
      void stores.tidy(world.database)
      start(source)
    },
    again,
    collect: ({ file }) => again({ code: collectCode, file }),
    stop: () => end('stopped'),
    close() {
      clearInterval(watch)
      end('stopped')
    },
  }
}

/** Work of which only the newest result counts: it runs once at a time, and once more if it was wanted meanwhile. */
function latest(work: () => Promise<void>): () => void {
  let running = false
  let wanted = false
  return async function next() {
    wanted = true
    if (running) return
    running = true
    while (wanted) {
      wanted = false
      await work()
    }
    running = false
  }
}
