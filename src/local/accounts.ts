// Which wallet pays: found by name, by file or in the environment. Its key is decrypted when it is needed first.
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Hex, LocalAccount } from 'viem'
import { privateKeyToAccount, toAccount } from 'viem/accounts'
import type { SolanaSigner } from '../entries/solana.ts'
import { WalletError } from '../index.ts'
import { didYouMean } from '../internal/did-you-mean.ts'
import { isMissing } from '../internal/disk.ts'
import { readWalletFile, type WalletFile, walletError } from './keystore.ts'
import type { Places } from './places.ts'

/** Give the one as `wallet`, the other to `solana()` in `payWith`. */
export type Payer = { wallet: LocalAccount } | { solana: SolanaSigner }

/** An account of this machine. */
export type Account = {
  name: string
  /** On Solana in base58. */
  address: string
  /** What pays: a viem account, or a signer of Solana. Its first signature decrypts the key. */
  pays: Payer
  /**
   * Decrypts the key now.
   *
   * @param signal ends the question for the password.
   * @throws {WalletError} when there is no password, or it is wrong.
   */
  unlock(signal?: AbortSignal): Promise<void>
}

/** How the account is named. */
export type Selection = {
  account?: string | undefined
  keystore?: string | undefined
  env?: Readonly<Record<string, string | undefined>>
}

/** Gives the password of a wallet file, or `undefined` where nobody can be asked. */
export type AskPassword = (name: string, signal?: AbortSignal) => Promise<string | undefined>

export type AccountName = { name: string; address: string | undefined; from: 'stablestudio' | 'foundry' }

const suffix = '.json'
export const nameRule = /^[A-Za-z0-9][\w.-]{0,63}$/

/** The path of an account's file in the own folder. @throws {WalletError} when the name could be a path. */
export function walletFileOf(places: Places, name: string): string {
  if (nameRule.test(name)) return join(places.keystores, `${name}${suffix}`)
  throw walletError(
    `${JSON.stringify(name.slice(0, 60))} cannot be the name of an account.`,
    'Use up to 64 letters, digits, dots, hyphens and underscores.',
  )
}

/** All accounts of this machine, without asking for a password. A file that is no wallet is left out. */
export async function listAccounts(places: Places): Promise<AccountName[]> {
  const own = (await namesIn(places.keystores)).filter((name) => name.endsWith(suffix))
  const others = await namesIn(places.foundry)
  const read = async (path: string, name: string, from: AccountName['from']) => {
    const file = await readWalletFile(path).catch(() => undefined)
    return file ? [{ name, address: file.address, from }] : []
  }
  const found = await Promise.all([
    ...own.map((file) => read(join(places.keystores, file), file.slice(0, -suffix.length), 'stablestudio')),
    ...others.map((file) => read(join(places.foundry, file), file, 'foundry')),
  ])
  return found.flat()
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith('.')).sort()
}

/**
 * The account that pays: `--account`, `--keystore`, then the environment, the settings, and the only one that there is.
 * Another program's `PRIVATE_KEY` is never read.
 *
 * @returns `undefined` if there is no account at all.
 * @throws {WalletError} when the one that is named is not there, or it is not clear which one is meant.
 */
export async function openAccount(
  places: Places,
  { account, keystore, env = process.env }: Selection,
  askPassword: AskPassword,
  configured?: string,
): Promise<Account | undefined> {
  if (account !== undefined) return fromName(places, account, env, askPassword)
  if (keystore !== undefined)
    return fromFile(keystore, await readWalletFile(resolve(keystore)), env, askPassword)
  if (env.STABLESTUDIO_ACCOUNT) return fromName(places, env.STABLESTUDIO_ACCOUNT, env, askPassword)
  if (env.STABLESTUDIO_PRIVATE_KEY !== undefined)
    return fromKey('STABLESTUDIO_PRIVATE_KEY', env.STABLESTUDIO_PRIVATE_KEY)
  if (configured !== undefined) return fromName(places, configured, env, askPassword)
  const own = (await listAccounts(places)).filter(({ from }) => from === 'stablestudio')
  if (own.length > 1)
    throw walletError(
      `There are ${own.length} accounts: ${own.map(({ name }) => name).join(', ')}.`,
      'Nothing was signed. Choose one with `--account NAME`.',
    )
  return own[0] && fromName(places, own[0].name, env, askPassword)
}

async function fromName(
  places: Places,
  name: string,
  env: Selection['env'],
  ask: AskPassword,
): Promise<Account> {
  const own = walletFileOf(places, name)
  const file = await readWalletFile(own).catch(async (error) => {
    if (!isMissing((error as WalletError).cause)) throw error
    return readWalletFile(join(places.foundry, name)).catch(async (other) => {
      if (!isMissing((other as WalletError).cause)) throw other
      throw await unknownAccount(places, name)
    })
  })
  return fromFile(name, file, env, ask)
}

async function unknownAccount(places: Places, name: string): Promise<WalletError> {
  const known = (await listAccounts(places)).map((account) => account.name)
  const meant = didYouMean(name, known)
  const there = known.length > 0 ? `There are: ${known.join(', ')}.` : 'There is none yet.'
  return walletError(
    `There is no account ${name}.`,
    `Nothing was signed. ${meant ? `Did you mean ${meant}?` : there} \`stablestudio wallet new ${name}\` makes it.`,
  )
}

async function fromFile(
  name: string,
  file: WalletFile,
  env: Selection['env'],
  ask: AskPassword,
): Promise<Account> {
  const keyOf = async (signal?: AbortSignal) =>
    file.decrypt(await passwordOf(name, env ?? {}, (asked) => ask(asked, signal)))
  const { address, solana } = file
  if (address !== undefined && solana !== undefined) return onSolana(name, address, solana, keyOf)
  const unlock = once(async (signal) => {
    const account = privateKeyToAccount(await keyOf(signal))
    if (address === undefined || account.address === address) return account
    throw walletError(
      `${file.path} names another address than its key has.`,
      'Nothing was signed. Import it anew.',
    )
  })
  if (address === undefined) return ready(name, await unlock())
  const wallet = toAccount({
    address: address as Hex,
    signMessage: async (message) => (await unlock()).signMessage(message),
    signTypedData: async (data) => (await unlock()).signTypedData(data),
    signTransaction: async (transaction, options) => (await unlock()).signTransaction(transaction, options),
  })
  return { name, address, pays: { wallet }, unlock: async (signal) => void (await unlock(signal)) }
}

/** @param publicKey of which the key must be the other half: `solanaKey` looks. */
function onSolana(
  name: string,
  address: string,
  publicKey: string,
  keyOf: (signal?: AbortSignal) => Promise<Hex>,
): Account {
  const unlock = once(async (signal) => {
    const { solanaKey } = await import('../entries/solana.ts')
    const key = await solanaKey(Buffer.from(`${(await keyOf(signal)).slice(2)}${publicKey}`, 'hex'))
    if (key.address === address) return key
    throw walletError(
      `The wallet ${name} names another address than its key has.`,
      'Nothing was signed. Import it anew.',
    )
  })
  const solana = { address, sign: async (message: Uint8Array) => (await unlock()).sign(message) }
  return { name, address, pays: { solana }, unlock: async (signal) => void (await unlock(signal)) }
}

/** Decrypts at most once; after a wrong password again. */
function once<key>(decrypt: (signal?: AbortSignal) => Promise<key>): (signal?: AbortSignal) => Promise<key> {
  let unlocked: Promise<key> | undefined
  return (signal) => {
    unlocked ??= decrypt(signal).catch((error) => {
      unlocked = undefined
      throw error
    })
    return unlocked
  }
}

function ready(name: string, wallet: LocalAccount): Account {
  return { name, address: wallet.address, pays: { wallet }, unlock: async () => {} }
}

/** The account of a key in hexadecimal. The message never repeats it. */
export function fromKey(name: string, text: string): Account {
  return ready(name, privateKeyToAccount(readKey(name, text)))
}

/** @throws {WalletError} when the text is no private key. */
export function readKey(name: string, text: string): Hex {
  const key = text.trim().replace(/^(0x)?/, '0x') as Hex
  try {
    privateKeyToAccount(key)
    return key
  } catch {
    throw walletError(
      `${name} is not a private key.`,
      'It must be 64 hexadecimal digits, with or without 0x.',
    )
  }
}

async function passwordOf(
  name: string,
  env: NonNullable<Selection['env']>,
  ask: AskPassword,
): Promise<string> {
  const password = (await givenPassword(env)) ?? (await ask(name))
  if (password !== undefined) return password
  throw walletError(
    `The wallet ${name} needs its password, and nobody can be asked.`,
    'Nothing was signed. Set STABLESTUDIO_PASSWORD_FILE to a file that only you can read, or STABLESTUDIO_PASSWORD.',
  )
}

/** The password that the environment gives: by file, or itself. */
export async function givenPassword(env: NonNullable<Selection['env']>): Promise<string | undefined> {
  const file = env.STABLESTUDIO_PASSWORD_FILE
  if (!file) return env.STABLESTUDIO_PASSWORD || undefined
  const { readFile } = await import('node:fs/promises')
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw walletError(
      'The file of STABLESTUDIO_PASSWORD_FILE cannot be read.',
      `Nothing was signed. Check ${file}.`,
      cause,
    )
  })
  const password = text.replace(/\r?\n$/, '')
  if (password !== '') return password
  throw walletError(
    'The file of STABLESTUDIO_PASSWORD_FILE is empty.',
    `Nothing was signed. Write the password into ${file}.`,
  )
}

/** The error for a command that needs a wallet where there is none. */
export function noAccount(): WalletError {
  return new WalletError('There is no wallet.', {
    code: 'wallet_missing',
    hint: 'Nothing was signed. `stablestudio wallet new NAME` makes one, or set STABLESTUDIO_PRIVATE_KEY.',
  })
}
