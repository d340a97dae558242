// The key of a spend account at rest: in IndexedDB, encrypted under a WebCrypto key that cannot be exported. It is made
// once for each name, whatever the number of tabs, and never replaced.
import type { Hex } from 'viem'
import { WalletError } from '../errors.ts'
import { hexDigits } from '../internal/hex.ts'
import { own } from '../internal/json.ts'
import { type Transact, whenDone } from '../stores/database.ts'
import { notKept, unreadableKey } from './errors.ts'

/** What is stored. The text of the key is nowhere but in `sealed`. */
type Kept = { lock: CryptoKey; iv: Uint8Array<ArrayBuffer>; sealed: ArrayBuffer; id: string }

export type Vault = {
  privateKey: Hex
  /** Whether the browser still keeps this very key: storage can be wiped while a page is open. */
  isKept(): Promise<boolean>
}

const place = 'key'
const advice =
  'Nothing was sent. Private windows, embedded pages and blocked site data have no lasting storage.'

/** Opens the key, or makes it. */
export async function openVault(transact: Transact): Promise<Vault> {
  if (!globalThis.crypto?.subtle) throw insecure()
  const kept = (await read(transact)) ?? (await claim(transact, await make()))
  if (!isWhole(kept)) throw unreadableKey()
  return {
    privateKey: await unseal(kept),
    async isKept() {
      const now = await read(transact)
      return own(now, 'id') === kept.id
    },
  }
}

const read = (transact: Transact) =>
  stored(transact<unknown>('readonly', (on, resolve) => whenDone(on.get(place), resolve)))

/** Compares and writes in one transaction: of several tabs that made a key, the first one's is everybody's. */
const claim = (transact: Transact, made: Kept) =>
  stored(
    transact<unknown>('readwrite', (on, resolve, fail) =>
      whenDone(on.get(place), (held) => {
        try {
          if (held === undefined) on.put(made, place)
          resolve(held ?? made)
        } catch (error) {
          fail(error)
        }
      }),
    ),
  )

async function stored<value>(work: Promise<value>): Promise<value> {
  try {
    return await work
  } catch (cause) {
    const { message } = (cause ?? {}) as { message?: unknown }
    throw notKept(`IndexedDB said: ${String(message).split('\n')[0]}`, advice, cause)
  }
}

async function make(): Promise<Kept> {
  const lock = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, lock, bytes)
  bytes.fill(0)
  return { lock, iv, sealed, id: hexDigits(crypto.getRandomValues(new Uint8Array(16))) }
}

function isWhole(kept: unknown): kept is Kept {
  return (
    ['lock', 'iv', 'sealed'].every((part) => typeof own(kept, part) === 'object') &&
    typeof own(kept, 'id') === 'string'
  )
}

async function unseal({ lock, iv, sealed }: Kept): Promise<Hex> {
  const bytes = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, lock, sealed).then(
    (opened) => new Uint8Array(opened),
    (cause) => {
      throw unreadableKey(cause)
    },
  )
  if (bytes.length !== 32) throw unreadableKey()
  return `0x${hexDigits(bytes)}`
}

function insecure(): WalletError {
  return new WalletError('A spend account needs WebCrypto.', {
    code: 'wallet_not_supported',
    details: 'This page has none: browsers give it only to pages on https and on localhost.',
    hint: 'Nothing was made and nothing was sent. Serve the page over https.',
  })
}
