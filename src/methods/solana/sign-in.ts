// SIGN-IN-WITH-X by Ed25519: the text of CAIP-122 for Solana, and its signature in base58.

import { encode58 } from '../../internal/base58.ts'
import type { Deadline } from '../../internal/time.ts'
import type { SignInMessage } from '../../siwx/message.ts'
import type { ProofSigner, SignInScheme } from '../../siwx/proof.ts'
import type { SolanaPayer } from './account.ts'

/** An account's proofs, for one network. */
export function proofSignerOf(payer: SolanaPayer, network: string, deadline: Deadline): ProofSigner {
  const scheme: SignInScheme = { type: 'ed25519', chains: [network], format: formatSolanaSignIn }
  return {
    address: payer.address,
    scheme,
    signMessage: async (text) => encode58(await payer.signMessage(new TextEncoder().encode(text), deadline)),
  }
}

/** Unlike in EIP-4361, one blank line follows the address where there is no statement. */
export function formatSolanaSignIn(message: SignInMessage): string {
  const { statement, expirationTime, notBefore, requestId, resources = [] } = message
  return [
    `${message.domain} wants you to sign in with your Solana account:`,
    message.address,
    '',
    ...(statement ? [statement, ''] : []),
    `URI: ${message.uri}`,
    `Version: ${message.version}`,
    `Chain ID: ${message.chainId.replace('solana:', '')}`,
    `Nonce: ${message.nonce}`,
    `Issued At: ${message.issuedAt}`,
    ...(expirationTime ? [`Expiration Time: ${expirationTime}`] : []),
    ...(notBefore ? [`Not Before: ${notBefore}`] : []),
    ...(requestId ? [`Request ID: ${requestId}`] : []),
    ...(resources.length > 0 ? ['Resources:', ...resources.map((one) => `- ${one}`)] : []),
  ].join('\n')
}
