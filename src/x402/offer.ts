// Checks an offer against local knowledge, before any wallet is asked.

import type { ErrorCode } from '../errors/facts.ts'
import { OfferRefusedError } from '../errors.ts'
import { isAddressLike, readAddress } from '../internal/address.ts'
import { own } from '../internal/json.ts'
import { showValue } from '../internal/text.ts'
import { parseUrl } from '../internal/url.ts'
import { type Asset, assetOf, usdcAssets, type X402Network } from './assets.ts'
import { type PaymentRequired, type PaymentRequirements, readRequirements } from './header.ts'

/** The longest timeout that a server may ask for. An authorization gets {@link maxValiditySeconds} at most. */
export const maxTimeoutSeconds = 3600
/** The longest validity of an authorization by the service's clock, seconds: until then its holder can settle it. */
export const maxValiditySeconds = 600
const minTimeoutSeconds = 10

/** An offer that passed every check except price and payee: what will be signed, and the server's own words. */
export type ExactOffer = {
  network: X402Network
  asset: Asset
  /** Atomic units. */
  amount: bigint
  /** EIP-55 checksummed. */
  payTo: `0x${string}`
  /** How long the authorization will be valid, seconds. */
  validitySeconds: number
  /** The offer verbatim; servers compare it with their own, letter by letter (`accepted`). */
  accepted: PaymentRequirements
  challenge: PaymentRequired
}

/** What an offer is checked against. */
export type OfferExpectation = {
  /** URLs that the offer's `resource` may name: the called one, on the service's own origin. */
  resources: readonly string[]
  /** Networks in order of preference. @default Base, then Base Sepolia */
  networks?: readonly X402Network[] | undefined
}

/**
 * Picks and checks the offer to pay from a challenge: scheme `exact`, EIP-3009, USDC of a known network with its known
 * EIP-712 domain, an integer amount, a sane validity, a real payee, and the called resource.
 *
 * Signs nothing. Price and payee policy are up to the caller.
 * @throws {OfferRefusedError} whose `code` says which check failed.
 */
export function selectExactOffer(challenge: PaymentRequired, expected: OfferExpectation): ExactOffer {
  const { resources, networks = Object.keys(usdcAssets) } = expected
  return selectFrom(challenge, { resources, networks }, (offer) => checkExactOffer(offer, challenge))
}

/** The first `exact` offer on one of the networks, in their order, that passes the check, for the called resource. */
export function selectFrom<checked>(
  challenge: PaymentRequired,
  { resources, networks }: { resources: readonly string[]; networks: readonly string[] },
  check: (offer: PaymentRequirements) => checked,
): checked {
  checkResource(challenge, resources)
  const offers = challenge.accepts.map(readRequirements)
  let refusal: unknown
  for (const network of networks) {
    for (const offer of offers) {
      if (offer?.scheme !== 'exact' || offer.network !== network) continue
      try {
        return check(offer)
      } catch (error) {
        refusal ??= error
      }
    }
  }
  throw refusal ?? noUsableOffer(challenge, offers, networks)
}

function checkExactOffer(offer: PaymentRequirements, challenge: PaymentRequired): ExactOffer {
  const asset = assetOf(offer.network)
  if (!asset || offer.asset.toLowerCase() !== asset.address.toLowerCase()) {
    throw refuse('asset_not_allowed', 'asks for a token other than USDC', offer.asset, asset?.address)
  }
  checkTransfer(offer.extra)
  checkDomain(offer.extra, asset)
  return {
    network: offer.network as X402Network,
    asset,
    amount: checkAmount(offer.amount),
    payTo: checkPayee(offer.payTo, asset),
    validitySeconds: checkValidity(offer.maxTimeoutSeconds),
    accepted: offer,
    challenge,
  }
}

function checkTransfer(extra: unknown): void {
  const method = own(extra, 'assetTransferMethod') ?? 'eip3009'
  if (method !== 'eip3009') {
    throw refuse('transfer_method_not_allowed', 'asks for another transfer method', method, 'eip3009')
  }
  checkFlow(extra)
}

/** With `upfront`, a failing handler would follow a charge. */
export function checkFlow(extra: unknown): void {
  const flow = own(extra, 'paymentFlow') ?? 'authorization'
  if (flow !== 'authorization') {
    throw refuse('transfer_method_not_allowed', 'asks for another payment flow', flow, 'authorization')
  }
}

function checkDomain(extra: unknown, asset: Asset): void {
  const contract = own(extra, 'verifyingContract') ?? asset.address
  const offered = [own(extra, 'name'), own(extra, 'version'), contract]
  const known = [asset.name, asset.version, asset.address]
  const same = (one: unknown, other: string) =>
    typeof one === 'string' &&
    (one === other || (isAddressLike(other) && one.toLowerCase() === other.toLowerCase()))
  if (known.every((part, at) => same(offered[at], part))) return
  throw refuse('domain_mismatch', 'names another EIP-712 domain', offered, known.join(', '))
}

export function checkAmount(amount: string): bigint {
  if (/^[1-9]\d{0,29}$/.test(amount)) return BigInt(amount)
  throw refuse('offer_malformed', 'has no valid amount', amount, 'a positive integer (atomic units)')
}

function checkPayee(payTo: string, asset: Asset): `0x${string}` {
  const payee = readAddress(payTo)
  if (payee && payee !== asset.address && !/^0x0+$/.test(payee)) return payee
  throw refuse('payee_not_allowed', 'has no valid payee', payTo, 'a checksummed or lower-case address')
}

export function checkValidity(seconds: number): number {
  if (seconds > maxTimeoutSeconds) {
    throw refuse('validity_too_long', 'is valid for too long', seconds, `${maxTimeoutSeconds} s at most`)
  }
  if (!Number.isInteger(seconds) || seconds < minTimeoutSeconds) {
    throw refuse('offer_malformed', 'has no valid timeout', seconds, `${minTimeoutSeconds} s at least`)
  }
  return Math.min(seconds, maxValiditySeconds)
}

function checkResource(challenge: PaymentRequired, allowed: readonly string[]): void {
  const url = challenge.resource?.url ?? ''
  if (allowed.includes(url)) return
  const named = comparable(url)
  if (named !== undefined && allowed.some((one) => comparable(one) === named)) return
  throw refuse('resource_mismatch', 'is for another resource', url || 'none', allowed.join(' or '))
}

/** Origin and path; query and fragment do not identify a resource. */
function comparable(url: string): string | undefined {
  const parsed = parseUrl(url)
  if (!parsed) return undefined
  const { protocol, host, pathname, username, password } = parsed
  return username || password ? undefined : `${protocol}//${host}${pathname}`
}

function noUsableOffer(
  challenge: PaymentRequired,
  offers: readonly (PaymentRequirements | undefined)[],
  networks: readonly string[],
): OfferRefusedError {
  const readable = offers.filter((offer) => offer !== undefined)
  if (readable.length === 0 && challenge.accepts.length > 0) {
    const fields = Object.keys(Object(challenge.accepts[0])).join(', ') || 'none'
    return refuse('offer_malformed', 'is unreadable', `an offer with ${fields}`, networks.join(', '))
  }
  const exact = readable.filter((offer) => offer.scheme === 'exact')
  const offered = readable.map((offer) => `${offer.scheme} on ${offer.network}`).join(', ') || 'nothing'
  const wanted = networks.map((network) => `exact on ${network}`).join(' or ')
  const code = exact.length > 0 ? 'network_not_allowed' : 'no_usable_offer'
  return refuse(code, 'cannot be paid by this client', offered, wanted)
}

export function refuse(code: ErrorCode, what: string, offered: unknown, allowed: unknown): OfferRefusedError {
  return refuseOffer(code, `The offer ${what}.`, offered, allowed)
}

const hints: { [code in ErrorCode]?: string } = {
  offer_expired: "Try again; if it persists, check this machine's clock.",
  resource_mismatch:
    'Check `baseUrl`. If the resource offered is on the service that you mean, set `origin` to its origin.',
}

/** Says what was offered and what is allowed. The offered part is the server's text. */
export function refuseOffer(
  code: ErrorCode,
  message: string,
  offered: unknown,
  allowed: unknown,
): OfferRefusedError {
  const hint = hints[code] ?? 'If the service really changed this, look for a newer version of this package.'
  return new OfferRefusedError(message, {
    code,
    details: allowed === undefined ? undefined : `Offered: ${showValue(offered)}. Allowed: ${allowed}.`,
    hint: `Nothing was signed. ${hint}`,
  })
}
