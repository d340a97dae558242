// Transactions of any instructions, as wallets and thieves make them: a small compiler of its own, unlike the client's.

import { decode58 } from '../../src/internal/base58.ts'
import { programs, solanaAssets } from '../../src/methods/solana/assets.ts'
import { tokenAccountOf } from '../../src/methods/solana/token-account.ts'

export type Key = { address: string; sign(message: Uint8Array): Promise<Uint8Array> }
const usdc = solanaAssets.mainnet.mint

type Account = readonly [key: string, signs: boolean, written: boolean]
export type Ix = { program: string; accounts?: readonly Account[]; data: readonly number[] }

export type Spec = {
  feePayer: string
  blockhash: string
  instructions: readonly Ix[]
  lookups?: readonly string[]
}

export const le = (value: bigint | number, length: number) =>
  Array.from({ length }, (_, at) => Number((BigInt(value) >> BigInt(8 * at)) & 255n))

const bytesOf = (key: string) => [...(decode58(key, 32) ?? [])]

/** The message, and who must sign it, in order. */
export function compile({ feePayer, blockhash, instructions, lookups = [] }: Spec) {
  const roles = new Map([[feePayer, 3]])
  for (const { program, accounts = [] } of instructions) {
    roles.set(program, roles.get(program) ?? 0)
    for (const [key, signs, written] of accounts)
      roles.set(key, (roles.get(key) ?? 0) | (signs ? 2 : 0) | (written ? 1 : 0))
  }
  const roleOf = (key: string) => roles.get(key) ?? 0
  const keys = [...roles.keys()].sort((a, b) =>
    a === feePayer ? -1 : b === feePayer ? 1 : roleOf(b) - roleOf(a),
  )
  const count = (test: (role: number) => boolean) => keys.filter((key) => test(roleOf(key))).length
  const signers = count((role) => role >= 2)
  const bytes = [
    ...[0x80, signers, count((role) => role === 2), count((role) => role === 0), keys.length],
    ...keys.flatMap(bytesOf),
    ...bytesOf(blockhash),
    instructions.length,
    ...instructions.flatMap(({ program, accounts = [], data }) => [
      keys.indexOf(program),
      accounts.length,
      ...accounts.map(([key]) => keys.indexOf(key)),
      ...(data.length < 128 ? [data.length] : [(data.length & 127) | 128, data.length >> 7]),
      ...data,
    ]),
    lookups.length,
    ...lookups.flatMap((table) => [...bytesOf(table), 0, 1, 0]),
  ]
  return { message: Uint8Array.from(bytes), signers: keys.slice(0, signers) }
}

/** The transaction, signed by those keys that are given; the others' places are empty. */
export async function signedBy(keys: readonly Key[], spec: Spec): Promise<Uint8Array> {
  const { message, signers } = compile(spec)
  const signatures = await Promise.all(
    signers.map((one) => keys.find(({ address }) => address === one)?.sign(message) ?? new Uint8Array(64)),
  )
  return Uint8Array.from([signers.length, ...signatures.flatMap((one) => [...one]), ...message])
}

export const unitLimit = (units: number): Ix => ({ program: programs.compute, data: [2, ...le(units, 4)] })
export const unitPrice = (price: number): Ix => ({ program: programs.compute, data: [3, ...le(price, 8)] })
export const memo = (text: string): Ix => ({ program: programs.memo, data: [...Buffer.from(text)] })
export const guard: Ix = { program: programs.lighthouse, data: [...Buffer.from('assert')] }

export function transfer(from: string, to: string, amount: bigint, more: readonly Account[] = []): Ix {
  const accounts: Account[] = [
    [tokenAccountOf(from, usdc), false, true],
    [usdc, false, false],
    [tokenAccountOf(to, usdc), false, true],
    [from, true, false],
    ...more,
  ]
  return { program: programs.token, accounts, data: [12, ...le(amount, 8), 6] }
}
