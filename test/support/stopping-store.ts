// A store that stops its process dead at a write, so that a parent can kill it there.
import type { PaymentStore } from '../../src/ledger/store.ts'

/** Where to stop: before or after the n-th write. */
export type StopAt = { write: number; when: 'before' | 'after' }

/** @param say tells the parent at once. Then nothing of this process goes on, not even a promise. */
export function stopDead(say: () => void): never {
  say()
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

/** The store itself, so that it tells the client the versions of its writes, as it does for users. */
export function stopping(store: PaymentStore, stopAt: StopAt | undefined, say: () => void): PaymentStore {
  const { set } = store
  let writes = 0
  return Object.assign(store, {
    set(key, value, expected) {
      writes += 1
      const isLast = writes === stopAt?.write
      if (isLast && stopAt.when === 'before') stopDead(say)
      const written = set(key, value, expected)
      // Heard before the client hears of it.
      if (isLast && stopAt.when === 'after') void written.finally(() => stopDead(say))
      return written
    },
  } satisfies Partial<PaymentStore>)
}
