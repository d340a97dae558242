// Who made a signature. The only file that loads viem's index, which most accounts never need.
import { type Address, type Hex, recoverMessageAddress, recoverTypedDataAddress } from 'viem'

type TypedData = Omit<Parameters<typeof recoverTypedDataAddress>[0], 'signature'>

/** The signer of a message or of typed data; rejects when the signature cannot be read. */
export function signerOf(signed: TypedData | string, signature: Hex): Promise<Address> {
  return typeof signed === 'string'
    ? recoverMessageAddress({ message: signed, signature })
    : recoverTypedDataAddress({ ...signed, signature } as Parameters<typeof recoverTypedDataAddress>[0])
}
