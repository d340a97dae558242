// One process that pays as fast as it can, for a while: its payments, and what they ask of the store. Says `ready`, and
// begins at the first line that it reads. Parameters: see below.
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { memoryStore, type PaymentStore, StableStudioClient } from 'stablestudio'
import { createAccount } from '../lib/account.ts'
import { createCannedFetch } from '../lib/canned.ts'
import { parameters, report } from '../lib/child.ts'
import { type Filling, fill } from '../lib/fill.ts'
import { createOneCell } from '../lib/one-cell.ts'
import { counting, openStore, type Place } from '../lib/places.ts'
import { operation } from '../lib/subject.ts'

export type Order = {
  place: Place
  /** As it is, or as in version 0.1. */
  ledger: 'shares' | 'one cell'
  /** Payments at once. */
  lanes: number
  /** Paid, but not counted, until its code is compiled: processes that share a machine take longer for that. */
  warmUpMs: number
  windowMs: number
  /** What a store in memory holds at first. Others are filled before. */
  filling?: Filling
}

const { place, ledger, lanes, warmUpMs, windowMs, filling } = parameters<Order>()
const opened = openStore(place)
const { store, counts } = counting(opened.store)
if (filling) await fill(store, filling)
const payOnce = ledger === 'shares' ? await createPayer(store) : await createOldPayer()
let paid = 0
let over = false

process.stdout.write('ready\n')
await once(process.stdin, 'data')
const running = Array.from({ length: lanes }, pay)
await pause(warmUpMs)
const begun = { ...counts(), paid, at: performance.now(), cpu: process.cpuUsage() }
await pause(windowMs)
const { calls, bytes } = counts()
const { user, system } = process.cpuUsage(begun.cpu)
report({
  payments: paid - begun.paid,
  seconds: (performance.now() - begun.at) / 1000,
  calls: calls - begun.calls,
  bytes: bytes - begun.bytes,
  cpuMs: (user + system) / 1000,
})
over = true
await Promise.all(running)
opened.close()
process.exit(0)

async function pay(): Promise<void> {
  while (!over) {
    await payOnce()
    paid += 1
  }
}

/** A payment with all its checks and records, on played-back answers and with signatures that cost nothing. */
async function createPayer(on: PaymentStore): Promise<() => Promise<unknown>> {
  const fetch = await createCannedFetch({ looks: Number.POSITIVE_INFINITY })
  const limits = { perDay: '1000000', total: '1000000' }
  const studio = new StableStudioClient({ wallet: createAccount('stub'), store: on, fetch, limits })
  let made = 0
  return () => {
    made += 1
    return studio.submit(operation, { prompt: `lighthouse ${made}` })
  }
}

/** The rest of a client does its work on a store of its own; the records of version 0.1 are written on the one that counts. */
async function createOldPayer(): Promise<() => Promise<unknown>> {
  const [payRest, account] = [await createPayer(memoryStore()), createOneCell(store)]
  return () => payRest().then(account)
}
