// The message that SIGN-IN-WITH-X signs: EIP-4361, byte for byte as servers rebuild it.
import { checksum } from '../internal/address.ts'

/** The fields of an EIP-4361 message, or of one in CAIP-122 form for another chain. Timestamps are ISO 8601, and signed verbatim. */
export type SignInMessage = {
  domain: string
  address: string
  statement?: string | undefined
  uri: string
  version: '1'
  /** CAIP-2, as the header carries it: `'eip155:8453'`. The text shows the bare number. */
  chainId: string
  nonce: string
  issuedAt: string
  expirationTime?: string | undefined
  notBefore?: string | undefined
  requestId?: string | undefined
  resources?: readonly string[] | undefined
}

/**
 * The EIP-4361 text of a message. Without a statement the address is followed by two blank lines.
 *
 * @example
 * import { formatSignInMessage } from 'stablestudio/siwx'
 *
 * const text = formatSignInMessage(message)
 * const signature = await account.signMessage({ message: text })
 */
export function formatSignInMessage(message: SignInMessage): string {
  const lines = [
    `${message.domain} wants you to sign in with your Ethereum account:`,
    message.address === message.address.toLowerCase() ? checksum(message.address) : message.address,
    '',
    ...(message.statement === undefined ? [] : [message.statement]),
    '',
    `URI: ${message.uri}`,
    `Version: ${message.version}`,
    `Chain ID: ${message.chainId.replace('eip155:', '')}`,
    `Nonce: ${message.nonce}`,
    `Issued At: ${message.issuedAt}`,
  ]
  // The reference library leaves out empty times, and keeps the title of an empty list.
  if (message.expirationTime) lines.push(`Expiration Time: ${message.expirationTime}`)
  if (message.notBefore) lines.push(`Not Before: ${message.notBefore}`)
  if (message.requestId !== undefined) lines.push(`Request ID: ${message.requestId}`)
  if (message.resources) lines.push('Resources:', ...message.resources.map((one) => `- ${one}`))
  return lines.join('\n')
}
