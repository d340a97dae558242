// The version that a write has made. `PaymentStore.set` says only whether it wrote, so the stores of this package tell the
// version beside their promise. It is believed only of the very store that was asked: a store around another may hand on
// the other's promise, and still have versions and values of its own.

/** What a store tells of a write, once it has written. */
export type Made = { version?: string | undefined }

/** Registered, because an application may load the stores and the client from different bundles. */
const told = Symbol.for('stablestudio.madeVersion')

type Telling = { [told]?: { made: Made; by: object } }

/** @param write sets `version` before it resolves to `true`. */
export function telling(by: object, write: (made: Made) => Promise<boolean>): Promise<boolean> {
  const made: Made = {}
  return Object.assign(write(made), { [told]: { made, by } })
}

/** @param written what `set` of this store returned. */
export function madeBy(store: object, written: unknown): Made {
  const telling = (written as Telling | undefined)?.[told]
  return telling?.by === store ? telling.made : {}
}
