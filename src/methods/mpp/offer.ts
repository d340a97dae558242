// Checks an MPP challenge against local values, before any account is asked.
import { type Address, getAddress, isAddress, zeroAddress } from 'viem'
import type { ErrorCode } from '../../errors/facts.ts'
import type { OfferRefusedError } from '../../errors.ts'
import { own } from '../../internal/json.ts'
import { readIsoTime } from '../../internal/time.ts'
import { refuseOffer } from '../../x402/offer.ts'
import type { MppChallenge, MppChallenges } from './challenge.ts'
import { currencyOf, type TempoCurrency, tempoChainId, tempoCurrencies, tempoNetwork } from './currencies.ts'

/** Who sends the signed transaction to the chain: the service (`pull`) or the payer (`push`). */
export type MppMode = 'pull' | 'push'

/** A challenge that passed every check except price and payee: what will be signed, and the challenge as sent. */
export type ChargeOffer = {
  challenge: MppChallenge
  /** Atomic units. */
  amount: bigint
  currency: TempoCurrency
  /** EIP-55 checksummed. */
  recipient: Address
  /** Milliseconds since the epoch, on the service's clock. */
  expiresAt: number
  /** Whether the server pays the network fee, which requires `pull`. */
  sponsored: boolean
}

/** What a challenge is checked against. */
type ChargeExpectation = {
  /** The called URLs. The realm must be the host of one. */
  resources: readonly string[]
  /** Milliseconds since the epoch, on the service's clock. */
  now: number
  currencies?: readonly TempoCurrency[] | undefined
  mode: MppMode
}

/** The longest and shortest validity of a challenge, ms. The service's challenges are valid for five minutes. */
const maxLifeMs = 60 * 60_000
const minLifeMs = 60_000
const minProofLifeMs = 5_000

/** The supported details. Any other could make the payment differ from the one that was checked. */
const knownDetails = ['chainId', 'feePayer', 'supportedModes']

/**
 * Picks and checks the challenge to pay: method `tempo`, intent `charge`, the service's realm, Tempo mainnet, a known
 * dollar token, an integer amount, one real recipient, and an expiry within the hour. Signs nothing.
 *
 * @throws {OfferRefusedError} whose `code` says which check failed.
 */
export function selectCharge(read: MppChallenges, expected: ChargeExpectation): ChargeOffer {
  const charges = chargesOf(read)
  let refusal: unknown
  for (const currency of expected.currencies ?? tempoCurrencies) {
    for (const challenge of charges) {
      try {
        const offer = checkCharge(challenge, expected)
        if (offer.currency === currency) return offer
      } catch (error) {
        refusal ??= error
      }
    }
  }
  throw refusal ?? refuse('no_usable_offer', 'cannot be paid by this client', charges.length, 'one charge')
}

/** Picks and checks the zero-amount challenge that an account answers with a proof on a free route. */
export function selectProof(read: MppChallenges, expected: Omit<ChargeExpectation, 'mode'>): MppChallenge {
  let refusal: unknown
  for (const challenge of chargesOf(read)) {
    try {
      checkRealm(challenge, expected.resources)
      checkChain(challenge)
      checkExpiry(challenge, expected.now, minProofLifeMs)
      const amount = own(challenge.request, 'amount')
      if (amount !== '0') throw refuse('price_above_max', 'asks for money on a free route', amount, '0')
      return challenge
    } catch (error) {
      refusal ??= error
    }
  }
  throw refusal
}

function chargesOf({ challenges, problems }: MppChallenges): MppChallenge[] {
  const charges = challenges.filter(({ method, intent }) => method === 'tempo' && intent === 'charge')
  if (charges.length > 0) return charges
  if (challenges.length === 0) throw refuse('offer_malformed', problems[0] ?? 'cannot be read')
  const offered = challenges.map(({ method, intent }) => `${method} ${intent}`).join(', ')
  throw refuse('no_usable_offer', 'cannot be paid by this client', offered, 'tempo charge')
}

function checkCharge(challenge: MppChallenge, expected: ChargeExpectation): ChargeOffer {
  const { request } = challenge
  checkRealm(challenge, expected.resources)
  checkChain(challenge)
  checkDetails(challenge, expected.mode)
  const allowed = expected.currencies ?? tempoCurrencies
  const currency = currencyOf(own(request, 'currency'), allowed)
  if (!currency) {
    const named = own(request, 'currency')
    throw refuse('asset_not_allowed', 'asks for an unknown token', named, allowed.join(', '))
  }
  return {
    challenge,
    amount: checkAmount(own(request, 'amount')),
    currency,
    recipient: checkRecipient(own(request, 'recipient'), currency),
    expiresAt: checkExpiry(challenge, expected.now),
    sponsored: expected.mode === 'pull' && own(own(request, 'methodDetails'), 'feePayer') === true,
  }
}

function checkRealm({ realm }: MppChallenge, resources: readonly string[]): void {
  const hosts = resources.flatMap((url) => [new URL(url).host, new URL(url).hostname])
  if (hosts.includes(realm.toLowerCase())) return
  throw refuse('resource_mismatch', 'is for another realm', realm, [...new Set(hosts)].join(' or '))
}

/** The chain must be named. Otherwise the node would decide which chain to sign for. */
function checkChain({ request }: MppChallenge): void {
  const chainId = own(own(request, 'methodDetails'), 'chainId')
  if (chainId === tempoChainId) return
  throw refuse('network_not_allowed', 'is for another chain', chainId, tempoNetwork)
}

const transfer = 'transfer_method_not_allowed'

function checkDetails({ request, parameters }: MppChallenge, mode: MppMode): void {
  const header = parameters.header?.toLowerCase()
  if (header !== undefined && header !== 'authorization') {
    throw refuse(transfer, 'asks for the payment in another header', header, 'authorization')
  }
  const details = own(request, 'methodDetails') as Record<string, unknown>
  const unknown = Object.keys(details).filter((name) => !knownDetails.includes(name))
  if (unknown.length > 0) {
    throw refuse(transfer, 'has unknown details', unknown, knownDetails.join(', '))
  }
  const modes = own(details, 'supportedModes') ?? [mode]
  if (!Array.isArray(modes) || !modes.includes(mode)) {
    throw refuse(transfer, `does not accept ${mode} payments`, modes, mode)
  }
  const sponsor = own(details, 'feePayer') ?? false
  if (typeof sponsor !== 'boolean')
    throw refuse('offer_malformed', 'has no valid feePayer', sponsor, 'a boolean')
}

function checkAmount(amount: unknown): bigint {
  if (typeof amount === 'string' && /^[1-9]\d{0,29}$/.test(amount)) return BigInt(amount)
  throw refuse('offer_malformed', 'has no valid amount', amount, 'a positive integer (atomic units)')
}

function checkRecipient(recipient: unknown, currency: Address): Address {
  const lost = [zeroAddress, currency.toLowerCase()]
  if (typeof recipient === 'string' && isAddress(recipient) && !lost.includes(recipient.toLowerCase())) {
    return getAddress(recipient)
  }
  const allowed = 'a checksummed or lower-case address'
  throw refuse('payee_not_allowed', 'has no valid recipient', recipient, allowed)
}

/** The end of a challenge, ms. Checked again before signing: it may expire while a person approves it. */
export function checkExpiry({ expires }: MppChallenge, now: number, minLife = minLifeMs): number {
  const time = readIsoTime(expires)
  if (Number.isNaN(time)) throw refuse('offer_malformed', 'has no valid expiry', expires, 'an ISO 8601 time')
  if (time - now > maxLifeMs) {
    throw refuse('validity_too_long', 'is valid for too long', expires, `${maxLifeMs / 60_000} min at most`)
  }
  if (time - now < minLife) {
    throw refuse('offer_expired', 'has expired or is about to', expires, `${minLife / 1000} s left`)
  }
  return time
}

function refuse(code: ErrorCode, what: string, offered?: unknown, allowed?: unknown): OfferRefusedError {
  return refuseOffer(code, `The MPP challenge ${what}.`, offered, allowed)
}
