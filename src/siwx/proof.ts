// Proofs for SIGN-IN-WITH-X: the client's own (one round trip), or the answer to a server's challenge.
import { SignInError } from '../errors.ts'
import { encodeJson } from '../internal/base64.ts'
import { randomHex } from '../internal/hex.ts'
import { isRecord, own, ownString } from '../internal/json.ts'
import { showValue } from '../internal/text.ts'
import { readIsoTime } from '../internal/time.ts'
import { parseUrl } from '../internal/url.ts'
import { formatSignInMessage, type SignInMessage } from './message.ts'

/** Signs a proof. A plain account: servers verify nothing else. */
export type ProofSigner = {
  address: string
  /** The signature, as the header carries it: for EVM accounts in hex. */
  signMessage(message: string): Promise<string>
  /** @default EIP-4361 (`eip191`) on Base */
  scheme?: SignInScheme | undefined
}

/** How a family of chains signs in. */
export type SignInScheme = {
  /** As challenges and proofs name it. */
  type: string
  /** CAIP-2; the first is named in proofs without a challenge. */
  chains: readonly string[]
  format(message: SignInMessage): string
}

/** The request that a proof is for. */
export type ProofContext = {
  /** The service's own origin; a challenge must name it. */
  origin: string
  /** Path (and query) of the request. */
  path: string
  /** Milliseconds since the epoch, on the service's clock. */
  now: number
}

const eip191: SignInScheme = {
  type: 'eip191',
  chains: ['eip155:8453', 'eip155:84532'],
  format: formatSignInMessage,
}
/** Servers refuse an `issuedAt` even a millisecond in the future, and one older than five minutes. */
const backdateMs = 15_000
const lifeMs = 4 * 60_000
const maxWindowMs = 10 * 60_000
const maxAgeMs = 10 * 60_000
const statement = 'Sign in to verify your wallet identity'

/**
 * Makes a proof without asking the server for a challenge: fresh nonce, short life, the service's own domain. Saves a
 * round trip where the server does not insist on its own nonce. Moves no money.
 */
export async function createSignInProof(signer: ProofSigner, context: ProofContext): Promise<string> {
  const origin = new URL(context.origin)
  const uri = new URL(context.path, origin).href
  return signOwnProof(signer, { domain: origin.hostname, uri, now: context.now })
}

/** {@link createSignInProof} for a domain and URI that are known to be the service's. */
export function signOwnProof(
  signer: ProofSigner,
  { domain, uri, now }: { domain: string; uri: string; now: number },
): Promise<string> {
  return encodeProof(signer, {
    domain,
    address: signer.address,
    statement,
    uri,
    version: '1',
    chainId: (signer.scheme ?? eip191).chains[0] ?? '',
    nonce: randomHex(16),
    issuedAt: new Date(now - backdateMs).toISOString(),
    expirationTime: new Date(now + lifeMs).toISOString(),
  })
}

/**
 * Answers a server's `sign-in-with-x` challenge (the value under that name in a challenge's `extensions`).
 *
 * @throws {SignInError} `signin_mismatch` when the challenge is for another domain, URI or chain, when its text could
 * deceive a reader, or when it is valid for longer than ten minutes. Then nothing is signed.
 */
export async function answerSignInChallenge(
  signer: ProofSigner,
  challenge: unknown,
  context: ProofContext,
): Promise<string> {
  return encodeProof(signer, checkSignInChallenge(challenge, signer.address, context, signer.scheme))
}

/** The message that a challenge asks to sign, checked. @param scheme EIP-4361 on Base unless given. */
export function checkSignInChallenge(
  challenge: unknown,
  address: string,
  context: ProofContext,
  scheme: SignInScheme = eip191,
): SignInMessage {
  const info = own(challenge, 'info')
  if (!isRecord(info)) throw mismatch('it has no `info`')
  const origin = new URL(context.origin)
  const domain = required(info, 'domain')
  if (domain !== origin.hostname && domain !== origin.host) throw foreign('domain', domain, origin.hostname)
  const message: SignInMessage = {
    domain,
    address,
    statement: optionalText(info, 'statement', 256),
    uri: sameOrigin('uri', required(info, 'uri'), origin),
    version: '1',
    chainId: chooseChain(challenge, info, scheme),
    nonce: required(info, 'nonce'),
    issuedAt: required(info, 'issuedAt'),
    expirationTime: optionalText(info, 'expirationTime', 40),
    notBefore: optionalText(info, 'notBefore', 40),
    requestId: optionalText(info, 'requestId', 128),
    resources: checkResources(own(info, 'resources'), origin),
  }
  const version = own(info, 'version')
  if (version !== '1') throw foreign('version', version, '1')
  if (!/^[A-Za-z0-9]{8,128}$/.test(message.nonce))
    throw mismatch('its nonce is not 8 to 128 letters and digits')
  checkTimes(message, context.now)
  return message
}

/** The chain that the challenge leads with is for EVM wallets; those of others are in its list. */
function chooseChain(challenge: unknown, info: unknown, { type, chains }: SignInScheme): string {
  const supported = own(challenge, 'supportedChains')
  const offered = (Array.isArray(supported) ? supported : [])
    .filter((chain) => (own(chain, 'type') ?? 'eip191') === type)
    .map((chain) => ownString(chain, 'chainId') ?? '')
  const named = type === 'eip191' ? ownString(info, 'chainId') : undefined
  if (named !== undefined && !chains.includes(named)) throw foreign('chain', named, chains.join(' or '))
  const chosen = named ?? offered.find((chain) => chains.includes(chain))
  if (chosen === undefined) throw foreign('chain', offered.join(', ') || 'none', chains.join(' or '))
  return chosen
}

function checkTimes(message: SignInMessage, now: number): void {
  const issued = instant('issuedAt', message.issuedAt)
  if (Math.abs(now - issued) > maxAgeMs) throw mismatch('it was not issued recently')
  if (message.notBefore !== undefined) instant('notBefore', message.notBefore)
  if (message.expirationTime === undefined) return
  const window = instant('expirationTime', message.expirationTime) - issued
  if (window <= 0 || window > maxWindowMs) throw mismatch('it would be valid for longer than ten minutes')
}

function instant(name: string, text: string): number {
  const time = readIsoTime(text)
  if (Number.isNaN(time)) throw mismatch(`its ${name} is not an ISO 8601 time`)
  return time
}

function required(info: unknown, name: string): string {
  const value = optionalText(info, name, 2048)
  if (!value) throw mismatch(`its ${name} is missing`)
  return value
}

/** Printable ASCII on one line: a line break could forge another field of the signed text. */
function optionalText(info: unknown, name: string, maxLength: number): string | undefined {
  const value = own(info, name)
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' || !/^[\x20-\x7e]*$/.test(value) || value.length > maxLength) {
    throw mismatch(`its ${name} is not plain text of at most ${maxLength} characters on one line`)
  }
  return value
}

function sameOrigin(name: string, uri: string, origin: URL): string {
  if (parseUrl(uri)?.origin === origin.origin && uri.startsWith(origin.origin)) return uri
  throw foreign(name, uri, origin.origin)
}

function checkResources(value: unknown, origin: URL): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || value.length > 8) throw mismatch('its resources are not a list of at most 8')
  return value.map((one) => sameOrigin('resource', required({ resource: one }, 'resource'), origin))
}

async function encodeProof(signer: ProofSigner, message: SignInMessage): Promise<string> {
  const { type, format } = signer.scheme ?? eip191
  const signature = await signer.signMessage(format(message))
  return encodeJson({ ...message, type, signature })
}

function foreign(what: string, named: unknown, expected: string): SignInError {
  return mismatch(`its ${what} is ${showValue(named)}, expected ${expected}`)
}

function mismatch(why: string): SignInError {
  return new SignInError('The sign-in challenge was not signed.', {
    code: 'signin_mismatch',
    details: `SIGN-IN-WITH-X challenge: ${why}.`,
    hint: 'No money is involved. Check that `origin` is the service behind `baseUrl`.',
  })
}
