// What a rule of the store contract is, and the assertions to write it with.
import { StoreError } from '../../errors.ts'
import { canonicalJson } from '../../internal/json.ts'
import type { PaymentStore } from '../../ledger/store.ts'
import type { Json } from '../../types.ts'

/** A fresh, empty store to check, and how to clean up after it. */
export type StoreUnderTest = {
  store: PaymentStore
  /** Another handle on the same data, as another process would have. @default the same store */
  again?: (() => Promise<PaymentStore>) | undefined
  close?: (() => Promise<void>) | undefined
}

/** One rule of the contract of `PaymentStore`. */
export type StoreRule = {
  name: string
  /** Opens one store, checks the rule and closes the store. @throws {StoreError} when the rule is broken. */
  check(makeStore: () => Promise<StoreUnderTest>): Promise<void>
}

export function failed(message: string, details: string, cause?: unknown): StoreError {
  return new StoreError(message, {
    details,
    ...(cause !== undefined && { cause }),
  })
}

type Opened = { store: PaymentStore; open: () => Promise<PaymentStore> }

export function rule(name: string, body: (opened: Opened) => Promise<void>): StoreRule {
  return {
    name,
    async check(makeStore) {
      const { store, again, close } = await makeStore()
      try {
        await body({ store, open: again ?? (async () => store) })
      } catch (error) {
        const details = error instanceof Broken ? error.shortMessage : `It threw: ${String(error)}`
        throw failed(`A payment store ${name}.`, details, error)
      } finally {
        await close?.()
      }
    },
  }
}

/** An expectation that was not met. */
class Broken extends StoreError {}

export function expect(what: string, found: unknown, wanted: unknown): void {
  const [left, right] = [found, wanted].map((one) => (one === undefined ? 'nothing' : canonicalJson(one)))
  if (left === right) return
  throw new Broken(`${what}: expected ${short(right)}, got ${short(left)}.`, {
    code: 'store_failed',
    phase: 'check',
  })
}

function short(text = ''): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

export async function list(store: PaymentStore, prefix: string): Promise<string[]> {
  const found: string[] = []
  for await (const key of store.keys(prefix)) found.push(key)
  return found.sort()
}

export async function readValue(store: PaymentStore, key: string): Promise<Json | undefined> {
  return (await store.get(key))?.value
}

export async function versionOf(store: PaymentStore, key: string): Promise<string> {
  const entry = await store.get(key)
  expect(`${key} is there`, entry !== undefined, true)
  expect('the type of a version', typeof entry?.version, 'string')
  return entry?.version ?? ''
}
