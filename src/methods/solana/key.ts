// `solanaKey()`: a secret in any of its usual forms, as a key that cannot be read out again.
import { invalidOptions } from '../../errors/invalid-options.ts'
import { decode58, encode58 } from '../../internal/base58.ts'
import { parseJson } from '../../internal/json.ts'
import type { SolanaSigner } from './account.ts'
import { signerOf, verifies } from './ed25519.ts'

/**
 * The key of a Solana account, for {@link solana}. It is kept by WebCrypto and cannot be read out again. Moves no money.
 *
 * @param secret 64 bytes (secret and public key) as a `Uint8Array`, in base58 as wallets export them, or as the JSON array of
 * `solana-keygen`.
 * @throws {InvalidInputError} `invalid_config` for anything else. The error never repeats the secret.
 * @example
 * import { StableStudioClient } from 'stablestudio'
 * import { solana, solanaKey } from 'stablestudio/solana'
 *
 * const account = await solanaKey(process.env.SOLANA_KEY ?? '')
 * const studio = new StableStudioClient({ payWith: [solana({ account })] })
 */
export async function solanaKey(secret: Uint8Array | string): Promise<SolanaSigner> {
  const bytes = readSecret(secret)
  if (!bytes) throw wrong('must be 64 bytes: a Uint8Array, base58, or the JSON array of solana-keygen')
  const publicKey = bytes.slice(32)
  const sign = await signerOf(bytes.subarray(0, 32)).catch(() => {
    throw wrong('cannot be used: this runtime has no Ed25519 in WebCrypto')
  })
  const probe = Uint8Array.of(0)
  if (!(await verifies(publicKey, await sign(probe), probe)))
    throw wrong('is damaged: its second half is not the public key of the first')
  return Object.freeze({ address: encode58(publicKey), sign })
}

function readSecret(secret: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof secret !== 'string') return secret instanceof Uint8Array ? ofBytes([...secret]) : undefined
  const text = secret.trim()
  return text.startsWith('[') ? ofBytes(parseJson(text)) : decode58(text, 64)
}

function ofBytes(bytes: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (!Array.isArray(bytes) || bytes.length !== 64) return undefined
  return bytes.every((one) => Number.isInteger(one) && one >= 0 && one < 256)
    ? Uint8Array.from(bytes)
    : undefined
}

function wrong(message: string) {
  return invalidOptions('solanaKey', [{ path: 'secret', message }])
}
