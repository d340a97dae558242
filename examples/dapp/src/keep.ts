// What this browser keeps of each creation beside its payment: the prompt, the job, and the picture itself.
import type { Job } from 'stablestudio'

/** One press of the button. Its id is the idempotency key of its payment. */
export type Creation = {
  id: string
  operation: string
  input: Record<string, unknown>
  createdAt: string
  /** The wallet that pays; only it may collect. */
  payer: string
  /** Once it is paid. */
  job?: Job
  /** Once it is collected. */
  picture?: Blob
  /** Where the picture lies, when it can be shown but not kept. */
  address?: string
  /** Why there will be no picture: the service's word. */
  failure?: string
}

export type Keep = {
  put(creation: Creation): Promise<void>
  get(id: string): Promise<Creation | undefined>
  delete(id: string): Promise<void>
  /** Newest first. */
  all(): Promise<Creation[]>
}

const creations = 'creations'

/** Pictures are many: beyond these the oldest are let go, their payments stay in the ledger. */
const keptPictures = 60

export function openKeep(name = 'darkroom'): Keep {
  const opened = open(name)
  const run = async <value>(
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore) => IDBRequest<value>,
  ): Promise<value> => {
    const store = (await opened).transaction(creations, mode).objectStore(creations)
    return resultOf(work(store))
  }
  const all = async () => {
    const found = (await run('readonly', (store) => store.getAll())) as Creation[]
    return found.sort((a, b) => b.createdAt.localeCompare(a.createdAt))
  }
  return {
    all,
    get: (id) => run('readonly', (store) => store.get(id)) as Promise<Creation | undefined>,
    delete: (id) => run('readwrite', (store) => store.delete(id)),
    async put(creation) {
      await run('readwrite', (store) => store.put(creation))
      if (!creation.picture) return
      const old = (await all()).filter(({ picture }) => picture).slice(keptPictures)
      for (const { id } of old) await run('readwrite', (store) => store.delete(id))
    },
  }
}

function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1)
  request.onupgradeneeded = () => request.result.createObjectStore(creations, { keyPath: 'id' })
  return resultOf(request)
}

function resultOf<value>(request: IDBRequest<value>): Promise<value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}
