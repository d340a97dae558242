// AWS KMS: an asymmetric key with the spec ECC_SECG_P256K1. The caller needs kms:GetPublicKey and kms:Sign on it.
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms'
import type { LocalAccount } from 'viem/accounts'
import { kmsAccount } from '../kms.ts'

/** Five seconds for an answer, and three tries: signing again moves no money. */
const kms = new KMSClient({ maxAttempts: 3, requestHandler: { requestTimeout: 5_000 } })
const hashed = { MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' } as const

export function awsKmsWallet(KeyId: string): Promise<LocalAccount> {
  return kmsAccount({
    publicKey: async () => present((await kms.send(new GetPublicKeyCommand({ KeyId }))).PublicKey),
    sign: async (Message) =>
      present((await kms.send(new SignCommand({ KeyId, Message, ...hashed }))).Signature),
  })
}

function present(bytes: Uint8Array | undefined): Uint8Array {
  if (!bytes) throw new Error('KMS answered without what was asked for.')
  return bytes
}
