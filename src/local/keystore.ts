// Wallet files: the Web3 Secret Storage format, version 3, that Foundry, geth and others read and write.
import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as Keystore from 'ox/Keystore'
import { getAddress, type Hex } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { WalletError } from '../index.ts'
import { makeFolder, syncFolder, writeNew } from '../internal/disk.ts'
import { isRecord } from '../internal/json.ts'

/** As Foundry has them: a fraction of a second. The stronger usual ones take seconds at each start of the command. */
const scrypt = { n: 8192, r: 8, p: 1 } as const

/**
 * More would use up the memory or hang: the file comes from elsewhere. The usual strongest ones (n 262144, r 8, p 1, or
 * r 1, p 8) take a quarter of each.
 */
const mostScrypt = { memory: 1024 * 1024 * 1024, work: 1 << 23 }
const mostRounds = 10_000_000
const mostBytes = 64 * 1024

export type WalletFile = {
  path: string
  /** Missing in files that do not tell it without the password, as those of Foundry. On Solana in base58. */
  address: string | undefined
  /** The public key, 64 hexadecimal digits, where it is an account on Solana. */
  solana: string | undefined
  /** The private key; on Solana the seed of the key pair. @throws {WalletError} when the password is wrong. */
  decrypt(password: string): Promise<Hex>
}

/** An account on Solana, as its file tells it. */
export type SolanaFacts = { address: string; publicKey: string }

/** @throws {WalletError} when there is no such file, or it is no wallet file. */
export async function readWalletFile(path: string): Promise<WalletFile> {
  const text = await readText(path)
  const store = parse(text)
  if (typeof store === 'string') throw damaged(path, store)
  const { address, chain, publicKey } = store
  const isSolana = chain === 'solana'
  if (isSolana && !(typeof address === 'string' && isHex(publicKey, 64))) throw damaged(path, 'is damaged')
  return {
    path,
    address: isSolana ? String(address) : evmAddress(address),
    solana: isSolana ? String(publicKey) : undefined,
    decrypt: (password) => decrypt(path, store, password),
  }
}

function evmAddress(address: unknown): string | undefined {
  const digits = typeof address === 'string' ? address.replace(/^0x/, '') : undefined
  return isHex(digits, 40) ? getAddress(`0x${digits}`) : undefined
}

/**
 * Writes a wallet file that only its owner may read.
 *
 * @param solana for a key of Solana: other programs do not read such a file.
 * @throws {WalletError} when there is a file already.
 */
export async function writeWalletFile(
  path: string,
  key: Hex,
  password: string,
  solana?: SolanaFacts,
): Promise<void> {
  const [derived, options] = await Keystore.scryptAsync({ password, ...scrypt })
  const store = Keystore.encrypt(key, derived, options)
  const facts = solana
    ? { chain: 'solana', ...solana }
    : { address: privateKeyToAddress(key).slice(2).toLowerCase() }
  await makeFolder(dirname(path))
  try {
    await writeNew(path, `${JSON.stringify({ ...facts, ...store })}\n`)
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'EEXIST') throw cause
    throw walletError(
      `There is a wallet at ${path} already.`,
      'It was left as it is. Choose another name.',
      cause,
    )
  }
  await syncFolder(dirname(path))
}

type Store = {
  address?: unknown
  chain?: unknown
  publicKey?: unknown
  crypto: { kdf: string; kdfparams: Record<string, unknown>; [part: string]: unknown }
}

async function readText(path: string): Promise<string> {
  try {
    const found = await stat(path)
    // A device or a pipe would be read for ever.
    if (!found.isFile()) throw damaged(path, 'is not a file')
    if (found.size > mostBytes) throw damaged(path, 'is not a wallet file')
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof WalletError) throw cause
    throw walletError(`The wallet file ${path} cannot be read.`, 'Check the path and the permissions.', cause)
  }
}

/** The wallet in a file, or what is wrong with it. */
function parse(text: string): Store | string {
  let store: unknown
  try {
    store = JSON.parse(text)
  } catch {
    return 'is not JSON'
  }
  if (!isRecord(store)) return 'is not a wallet file'
  if (store.version !== 3) return 'is not of version 3'
  // Some programs write it in capitals.
  const crypto = store.crypto ?? store.Crypto
  if (!isRecord(crypto) || !isRecord(crypto.cipherparams) || !isRecord(crypto.kdfparams))
    return 'lacks a part of its encryption'
  if (crypto.cipher !== 'aes-128-ctr') return 'is encrypted in a way that is not known'
  if (!isHex(crypto.ciphertext, 64) || !isHex(crypto.cipherparams.iv, 32) || !isHex(crypto.mac, 64))
    return 'is damaged'
  const problem = problemOfKdf(crypto.kdf, crypto.kdfparams)
  return problem ?? ({ ...store, crypto } as Store)
}

function problemOfKdf(
  kdf: unknown,
  { n, r, p, c, dklen, salt, prf }: Record<string, unknown>,
): string | undefined {
  if (dklen !== 32 || typeof salt !== 'string' || !/^([0-9a-f]{2})+$/i.test(salt)) return 'is damaged'
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0
  if (kdf === 'pbkdf2') {
    if (!whole(c) || prf !== 'hmac-sha256') return 'is damaged'
    return c <= mostRounds ? undefined : 'would take too long to decrypt'
  }
  if (kdf !== 'scrypt') return 'is encrypted in a way that is not known'
  if (!(whole(n) && whole(r) && whole(p) && n > 1 && Number.isInteger(Math.log2(n)))) return 'is damaged'
  const fits = 128 * n * r <= mostScrypt.memory && n * r * p <= mostScrypt.work
  return fits ? undefined : 'would take too long to decrypt'
}

const isHex = (value: unknown, digits: number): value is string =>
  typeof value === 'string' && new RegExp(`^[0-9a-f]{${digits}}$`, 'i').test(value)

async function decrypt(path: string, store: Store, password: string): Promise<Hex> {
  try {
    const known = store as unknown as Keystore.Keystore
    return Keystore.decrypt(known, await Keystore.toKeyAsync(known, { password }))
  } catch (cause) {
    // Neither the password nor a part of the key is in the cause: it stays out all the same.
    if (/corrupt|mac/i.test(String(cause)))
      throw walletError(
        `The password of ${path} is wrong.`,
        'Nothing was signed. Try again with the right one.',
      )
    throw damaged(path, 'is damaged')
  }
}

function damaged(path: string, what: string): WalletError {
  return walletError(
    `${path} ${what}.`,
    'Nothing was signed. A wallet file is JSON of version 3, as `stablestudio wallet new` and `cast wallet new` write it.',
  )
}

export function walletError(message: string, hint: string, cause?: unknown): WalletError {
  return new WalletError(message, { code: 'wallet_failed', hint, ...(cause !== undefined && { cause }) })
}
