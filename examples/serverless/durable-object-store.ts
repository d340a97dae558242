// A payment store in a Durable Object: one object is one store, shared by all invocations everywhere.
import { DurableObject } from 'cloudflare:workers'
import type { PaymentStore } from 'stablestudio'

/** The records. Each statement is a transaction, and its answer leaves only once it is on disk. */
export class Payments extends DurableObject {
  constructor(...given: ConstructorParameters<typeof DurableObject>) {
    super(...given)
    this.run('CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, version TEXT, value TEXT)')
  }

  run(statement: string, ...values: string[]): Record<string, string>[] {
    return this.ctx.storage.sql.exec(statement, ...values).toArray()
  }
}

type Namespace = { get(id: unknown): Pick<Payments, 'run'>; idFromName(name: string): unknown }

/** @param name of the object; the limits of a wallet hold for everything paid on one. */
export function durableObjectStore(namespace: Namespace, name = 'payments'): PaymentStore {
  const object = namespace.get(namespace.idFromName(name))
  const rows = async (statement: string, ...values: string[]) => object.run(statement, ...values)
  // SQLite keeps UTF-8; JSON writes what is no well-formed Unicode in ASCII.
  const text = JSON.stringify
  return {
    async get(key) {
      const [row] = await rows('SELECT version, value FROM records WHERE key = ?', text(key))
      return row && { version: row.version ?? '', value: JSON.parse(row.value ?? '') }
    },
    async set(key, value, expected) {
      const entry = [text(key), crypto.randomUUID(), text(value)]
      const insert = 'INSERT INTO records VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING version'
      const update =
        'UPDATE records SET version = ?2, value = ?3 WHERE key = ?1 AND version = ?4 RETURNING version'
      const written = expected === undefined ? rows(insert, ...entry) : rows(update, ...entry, expected)
      return (await written).length > 0
    },
    async delete(key, expected) {
      const statement = 'DELETE FROM records WHERE key = ? AND version = ? RETURNING version'
      return (await rows(statement, text(key), expected)).length > 0
    },
    async *keys(prefix) {
      const keys = (await rows('SELECT key FROM records')).map(({ key }) => JSON.parse(key ?? '') as string)
      yield* keys.filter((key) => key.startsWith(prefix))
    },
  }
}
