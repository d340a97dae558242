// The databases of programs: each tab has its own, and those of closed tabs are removed.
import { StableStudioClient } from '../../../src/client.ts'
import { indexedDbStore } from '../../../src/entries/browser.ts'
import type { Attempt } from '../../../src/types.ts'

const prefix = 'playground'

export type Stores = {
  /** A prefix that no store had before. */
  next(): string
  /** All attempts in the stores with this prefix, oldest first. */
  attempts(database: string): Promise<Attempt[]>
  /** Removes what earlier programs of this tab, and tabs that are closed, have left. */
  tidy(current: string): Promise<void>
}

export function createStores(): Stores {
  const tab = crypto.randomUUID()
  let runs = 0
  const readers = new Map<string, StableStudioClient>()
  // Tells other tabs that this one is open; the browser lets go of it with the tab.
  void navigator.locks.request(`${prefix} ${tab}`, () => new Promise(() => {}))
  return {
    next() {
      runs += 1
      return `${prefix} ${tab} ${runs} `
    },
    async attempts(database) {
      const names = (await databases()).filter((name) => name.startsWith(database))
      const lists = await Promise.all(names.map((name) => attemptsIn(readerOf(readers, name))))
      return lists.flat().sort((a, b) => a.createdAt.localeCompare(b.createdAt))
    },
    async tidy(current) {
      const { held = [] } = await navigator.locks.query()
      const open = held.map(({ name = '' }) => name).filter((name) => !name.endsWith(tab))
      const isLeft = (name: string) =>
        name.startsWith(`${prefix} `) &&
        !name.startsWith(current) &&
        !open.some((one) => name.startsWith(one))
      for (const name of await databases()) if (isLeft(name)) indexedDB.deleteDatabase(name)
    },
  }
}

async function databases(): Promise<string[]> {
  return (await indexedDB.databases()).map(({ name = '' }) => name)
}

/** The page reads the ledger like any other process on the store. */
function readerOf(readers: Map<string, StableStudioClient>, name: string): StableStudioClient {
  const reader = readers.get(name) ?? new StableStudioClient({ store: indexedDbStore(name) })
  readers.set(name, reader)
  return reader
}

async function attemptsIn(reader: StableStudioClient): Promise<Attempt[]> {
  const attempts: Attempt[] = []
  for await (const attempt of reader.payments()) attempts.push(attempt)
  return attempts
}
