// What a spend account signs for the client: payments of the service's offers and sign-ins of its origin. The message is
// built anew from what was checked, so that nothing else can be in it.
import type { Address, Hex } from 'viem'
import { checksum, readAddress } from '../internal/address.ts'
import { isRecord, own, ownString, sameJson } from '../internal/json.ts'
import { readIsoTime } from '../internal/time.ts'
import { parseUrl } from '../internal/url.ts'
import { formatSignInMessage, type SignInMessage } from '../siwx/message.ts'
import type { Asset } from '../x402/assets.ts'
import { type Authorization, authorizationTypedData } from '../x402/exact.ts'
import { maxValiditySeconds } from '../x402/offer.ts'
import { refused } from './errors.ts'

/** The client corrects this machine's clock by up to 15 minutes. */
const clockSeconds = 16 * 60

/**
 * The authorization that typed data asks to sign.
 * @throws {WalletError} `signature_refused` unless it is a payment of this account in this asset, valid for minutes.
 */
export function readPayment(data: unknown, asset: Asset, from: Address): Authorization {
  const primary = ownString(data, 'primaryType')
  if (primary !== 'TransferWithAuthorization') throw refused(`typed data of ${shown(primary)}`)
  const message = own(data, 'message')
  if (!isRecord(message)) throw refused('a payment without a message')
  const authorization = authorizationOf(message)
  if (!authorization) throw refused('a payment whose fields cannot be read')
  const known = authorizationTypedData(asset, authorization)
  if (!sameDomain(own(data, 'domain'), asset))
    throw refused('a payment in another token, or on another network')
  if (!sameJson(own(own(data, 'types'), primary), known.types[primary]))
    throw refused('a payment with other fields')
  if (authorization.from !== from) throw refused('a payment by another account')
  if (authorization.to === from || /^0x0+$/.test(authorization.to)) throw refused('a payment to nobody')
  const latest = Math.floor(Date.now() / 1000) + maxValiditySeconds + clockSeconds
  if (BigInt(authorization.validBefore) > BigInt(latest))
    throw refused('a payment that is valid for too long')
  return authorization
}

function authorizationOf(message: Record<string, unknown>): Authorization | undefined {
  const [from, to] = [own(message, 'from'), own(message, 'to')].map((one) => readAddress(one))
  const [value, validAfter, validBefore] = ['value', 'validAfter', 'validBefore'].map((name) =>
    decimal(own(message, name)),
  )
  const nonce = ownString(message, 'nonce')
  if (!from || !to || !value || !validAfter || !validBefore || !/^0x[0-9a-f]{64}$/i.test(nonce ?? ''))
    return undefined
  return { from, to, value, validAfter, validBefore, nonce: nonce as Hex }
}

/** A whole number below 2^128, as the client passes them. */
function decimal(value: unknown): string | undefined {
  const text = typeof value === 'bigint' || typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && /^\d{1,38}$/.test(text) ? text : undefined
}

function sameDomain(domain: unknown, { name, version, chainId, address }: Asset): boolean {
  if (!isRecord(domain)) return false
  const { verifyingContract, chainId: given, ...rest } = domain
  return (
    sameJson(rest, { name, version }) &&
    decimal(given) === String(chainId) &&
    readAddress(verifyingContract) === address
  )
}

/**
 * The text that a message asks to sign, if it is a sign-in (EIP-4361) of this account at the service.
 * @throws {WalletError} `signature_refused` for every other message.
 */
export function readSignIn(message: unknown, address: Address, origin: URL): string {
  if (typeof message !== 'string') throw refused('a message that is not text')
  const read = parseSignIn(message, address)
  if (!read || formatSignInMessage(read) !== message)
    throw refused('a message that is no sign-in of this account')
  if (read.domain !== origin.hostname && read.domain !== origin.host)
    throw refused('a sign-in for another domain')
  if (![read.uri, ...(read.resources ?? [])].every((uri) => parseUrl(uri)?.origin === origin.origin))
    throw refused('a sign-in for another origin')
  const life = readIsoTime(read.expirationTime ?? read.issuedAt) - readIsoTime(read.issuedAt)
  if (!(life >= 0 && life <= maxValiditySeconds * 1000)) throw refused('a sign-in that is valid for too long')
  return message
}

/** In the order in which EIP-4361 has them. */
const pattern = new RegExp(
  [
    '^(?<domain>[^\\n ]+) wants you to sign in with your Ethereum account:\\n(?<address>0x[0-9a-fA-F]{40})\\n\\n',
    '(?:(?<statement>[^\\n]*)\\n)?\\nURI: (?<uri>[^\\n]+)\\nVersion: 1\\nChain ID: (?<chain>8453|84532)\\n',
    'Nonce: (?<nonce>[A-Za-z0-9]{8,128})\\nIssued At: (?<issuedAt>[^\\n]+)',
    '(?:\\nExpiration Time: (?<expirationTime>[^\\n]+))?(?:\\nNot Before: (?<notBefore>[^\\n]+))?',
    '(?:\\nRequest ID: (?<requestId>[^\\n]*))?(?:\\nResources:(?<resources>(?:\\n- [^\\n]+)*))?$',
  ].join(''),
)

function parseSignIn(text: string, address: Address): SignInMessage | undefined {
  const parts = text.length < 8_000 ? pattern.exec(text)?.groups : undefined
  if (!parts || checksum(parts.address ?? '0x') !== address) return undefined
  const { domain = '', statement, uri = '', nonce = '', issuedAt = '' } = parts
  const resources = parts.resources?.split('\n- ').slice(1)
  const { expirationTime, notBefore, requestId, chain } = parts
  return {
    ...{ domain, address, statement, uri, version: '1', chainId: `eip155:${chain}`, nonce, issuedAt },
    ...{ expirationTime, notBefore, requestId, resources },
  } as SignInMessage
}

/** A name out of typed data is a stranger's text. */
function shown(name: string | undefined): string {
  return name !== undefined && /^\w{1,60}$/.test(name) ? name : 'an unknown type'
}
