// What a wallet signed, if its key is not known to viem: made plain, and verified. Loaded only for such wallets.
import type { Address, Hex } from 'viem'
import type { ErrorFacts } from '../errors/facts.ts'
import { signerOf } from '../internal/signer.ts'

/** Makes the error to throw. Handed in, so that this file brings no errors of its own. */
type Refusal = (message: string, facts: ErrorFacts) => Error

/** The signature in its plain form. @throws {WalletError} unless the expected account made it. */
export async function verified(
  expected: Address,
  signed: Parameters<typeof signerOf>[0],
  signature: Hex,
  refusal: Refusal,
): Promise<Hex> {
  const plain = plainSignature(signature, refusal)
  const signer = await signerOf(signed, plain).catch(() => undefined)
  if (signer?.toLowerCase() === expected.toLowerCase()) return plain
  throw refusal('The wallet signed with another account.', {
    code: 'wallet_failed',
    details: `Expected ${expected}, got ${signer ?? 'an unreadable signature'}.`,
    hint: 'Select the expected account in the wallet. Smart accounts do not work.',
  })
}

/** Normalizes to 65 bytes with `v` 27 or 28 and the lower `s`, the only form that the token contract accepts. */
function plainSignature(signature: Hex, refusal: Refusal): Hex {
  if (!/^0x[0-9a-fA-F]{130}$/.test(String(signature))) {
    throw refusal('This wallet is a smart account, or its signature is unreadable.', {
      code: 'wallet_not_supported',
      details: 'The signature is not 65 bytes long.',
      hint: 'Use a plain account (EOA): no other can collect its jobs.',
    })
  }
  const [r, s] = [signature.slice(2, 66), BigInt(`0x${signature.slice(66, 130)}`)]
  const v = Number.parseInt(signature.slice(-2), 16)
  const odd = (v < 27 ? v : v - 27) === 1
  // Hardware wallets and key services sign with either `s`; the token contract accepts only the lower one (EIP-2).
  const high = s > curveOrder / 2n
  const low = (high ? curveOrder - s : s).toString(16).padStart(64, '0')
  return v === 0 || v === 1 || v === 27 || v === 28 ? `0x${r}${low}${odd === high ? '1b' : '1c'}` : signature
}

/** The order of secp256k1 (SEC 2 §2.4.1). */
const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
