// A key that never leaves a key service: the service signs hashes, and this makes a viem account of it.
import {
  bytesToBigInt,
  bytesToHex,
  type Hex,
  hashMessage,
  hashTypedData,
  hexToBytes,
  numberToHex,
  recoverAddress,
  serializeSignature,
} from 'viem'
import { type LocalAccount, publicKeyToAddress, toAccount } from 'viem/accounts'

/** What is needed of the service: a key on secp256k1, and two of its calls. */
export type KeyService = {
  /** The public key in DER (SubjectPublicKeyInfo). */
  publicKey(): Promise<Uint8Array>
  /** Signs these 32 bytes as they are. The signature is in DER: two integers, `r` and `s`. */
  sign(digest: Uint8Array): Promise<Uint8Array>
}

export async function kmsAccount(service: KeyService): Promise<LocalAccount> {
  // The point of the curve is the end of the key: 04, x and y.
  const address = publicKeyToAddress(bytesToHex((await service.publicKey()).slice(-65)))
  const sign = async (hash: Hex) => plain(await service.sign(hexToBytes(hash)), hash, address)
  return toAccount({
    address,
    signMessage: ({ message }) => sign(hashMessage(message)),
    signTypedData: (data) => sign(hashTypedData(data)),
    signTransaction: () => Promise.reject(new Error('This account signs payments and sign-ins only.')),
  })
}

/** The order of secp256k1. */
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/** 65 bytes with the lower `s`. Which of two keys made it is not said in DER, so both are tried. */
async function plain(der: Uint8Array, hash: Hex, address: Hex): Promise<Hex> {
  const [r, given] = integersOf(der)
  const s = given > order / 2n ? order - given : given
  for (const yParity of [0, 1]) {
    const signature = serializeSignature({
      r: numberToHex(r, { size: 32 }),
      s: numberToHex(s, { size: 32 }),
      yParity,
    })
    if ((await recoverAddress({ hash, signature })) === address) return signature
  }
  throw new Error('The key service signed with another key.')
}

/** 30 length 02 length r 02 length s */
function integersOf(der: Uint8Array): [r: bigint, s: bigint] {
  const endOfR = 4 + (der[3] ?? 0)
  return [bytesToBigInt(der.slice(4, endOfR)), bytesToBigInt(der.slice(endOfR + 2))]
}
