// What EIP-4361 allows in a message. The real library throws on anything else, which gives a 500.
import { isAddress } from 'viem'
import type { SignInMessage } from '../../siwx/message.ts'

const nonce = /^[a-z0-9]{8,}$/i
/** Without quotes, percent signs, backslashes, most brackets and anything beyond ASCII. */
const statement = /^[ !#$&-;=?@A-Z[\]_a-z~]*$/
/** RFC 3339, not everything that `Date` reads. */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
/** RFC 3986. */
const character = "(?:[a-z0-9\\-._~!$&'()*+,;=:@]|%[0-9a-f]{2})"
const requestId = new RegExp(`^${character}*$`, 'i')
const uri = new RegExp(
  `^[a-z][a-z0-9+.-]*:(//(${character}|\\[[0-9a-f:.]+\\])*)?(/|${character})*(\\?(/|\\?|${character})*)?(#(/|\\?|${character})*)?$`,
  'i',
)

export function isSiwe(message: SignInMessage): boolean {
  const { expirationTime, notBefore, issuedAt, resources = [] } = message
  // An address in a single case has no checksum.
  const isOneCase = /^0x([0-9a-f]{40}|[0-9A-F]{40})$/.test(message.address)
  const isText = nonce.test(message.nonce) && statement.test(message.statement ?? '')
  const isRest = message.version === '1' && requestId.test(message.requestId ?? '')
  return (
    (isOneCase || isAddress(message.address)) &&
    isText &&
    isRest &&
    [issuedAt, expirationTime, notBefore].every((one) => !one || time.test(one)) &&
    // A line break in a resource starts another one.
    [message.uri, ...resources.flatMap((one) => one.split('\n- '))].every((one) => uri.test(one)) &&
    /^\d+$/.test(chainOf(message))
  )
}

/** The chain number of the message, parsed as an integer, as the real library does. */
export function chainOf({ chainId }: SignInMessage): string {
  return String(Number.parseInt(chainId.replace('eip155:', ''), 10))
}
