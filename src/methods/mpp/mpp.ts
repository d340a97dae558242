// The payment method for MPP (Machine Payments Protocol) on Tempo, using the optional peer `mppx`.
import { invalidOptions } from '../../errors/invalid-options.ts'
import { isStableStudioError, SignInError } from '../../errors.ts'
import { decodeText } from '../../internal/base64.ts'
import { type Check, checkFunction, checkOptions, checkThat, checkUsd } from '../../internal/check.ts'
import { isRecord, ownString, parseJson } from '../../internal/json.ts'
import { parseUrl } from '../../internal/url.ts'
import { parseUsd } from '../../internal/usd.ts'
import { checkChain } from '../../wallet.ts'
import {
  type Challenge,
  type PaymentMethod,
  type PreparedPayment,
  readReceipt,
  type Settlement,
  unreadableReceipt,
} from '../method.ts'
import { readChallenges } from './challenge.ts'
import { createPayment, createProof, type MppSetup } from './credential.ts'
import { currencyOf, type TempoCurrency, tempoChainId, tempoCurrencies, tempoNetwork } from './currencies.ts'
import { libraries } from './load.ts'
import { type ChargeOffer, checkExpiry, type MppMode, selectCharge, selectProof } from './offer.ts'
import { type MppAccount, readPayer, type TempoPayer } from './payer.ts'
import { memoOf } from './transaction.ts'

/** Options of {@link mpp}. */
export type MppOptions = {
  /**
   * The account that pays, with dollars on Tempo: a viem local account (it signs a transaction that the service sends),
   * or a `WalletClient` (the wallet sends it). If the client also has a `wallet`, both must have the same address.
   */
  account: MppAccount
  /**
   * JSON-RPC URL of Tempo, used for fees and gas before a payment. Its results are checked before anything is signed.
   * @default 'https://rpc.tempo.xyz'
   */
  rpcUrl?: string | undefined
  /**
   * The `fetch` for requests to `rpcUrl`.
   * @default globalThis.fetch
   */
  fetch?: typeof globalThis.fetch | undefined
  /**
   * `'pull'`: the account signs, and the service sends the transaction once it has created the job. If not sent, it
   * expires after 25 s. `'push'`: the transaction is sent first, so the money has moved whatever the service answers.
   * @default 'pull' for a local account, 'push' for a wallet that cannot sign without sending
   */
  mode?: MppMode | undefined
  /**
   * Tokens to pay with, in order of preference.
   * @default tempoCurrencies
   */
  currencies?: readonly TempoCurrency[] | undefined
  /**
   * The highest network fee per payment, as a USD decimal string. It is added to the price and counts toward no limit.
   * @default '0.05'
   */
  maxFee?: string | undefined
}

const defaultRpcUrl = 'https://rpc.tempo.xyz'

/**
 * Pays with MPP, method `tempo`, intent `charge`: one dollar transfer on Tempo per generation, bound to the service's
 * challenge by its memo. Requires matching versions of `mppx` and `viem`; see docs/mpp.md.
 *
 * Creating it signs nothing. Each payment is checked like an x402 offer before the account is asked, and what it signs
 * is checked again, byte by byte.
 *
 * @throws {InvalidInputError} `invalid_config` when `mppx` is not installed or an option is wrong.
 * @example
 * import { StableStudioClient } from 'stablestudio'
 * import { mpp } from 'stablestudio/mpp'
 * import { privateKeyToAccount } from 'viem/accounts'
 *
 * const account = privateKeyToAccount(process.env.PRIVATE_KEY as `0x${string}`)
 * const studio = new StableStudioClient({ payWith: [mpp({ account })] })
 * const image = await studio.run('gpt-image-2/generate', { prompt: 'a lighthouse at dusk' })
 */
export function mpp(options: MppOptions): PaymentMethod {
  const { setup, currencies } = readOptions(options)
  const { payer, mode } = setup
  return {
    id: 'mpp',
    protocol: 'mpp',
    account: { address: payer.address, prompts: payer.prompts },
    select(challenge) {
      const read = readChallenges(challenge.headers.get('www-authenticate'))
      if (!read) return undefined
      const charge = selectCharge(read, { ...challenge, currencies, mode })
      const { amount, currency: asset, recipient: payTo, expiresAt } = charge
      const validityMs = expiresAt - challenge.now
      return {
        offer: { protocol: 'mpp', network: tempoNetwork, amount, asset, payTo, validityMs },
        prepare: (_wallet, now) => prepare(setup, charge, now),
      }
    },
    settlement(headers) {
      const header = headers.get('payment-receipt')
      return header ? (readReceipt(header, readSettlement) ?? unreadableReceipt) : undefined
    },
    async prove(challenge, deadline) {
      const proof = selectFree(challenge)
      return proof && createProof(setup, proof, deadline)
    },
  }
}

function prepare(setup: MppSetup, charge: ChargeOffer, now: number): PreparedPayment {
  checkExpiry(charge.challenge, now)
  checkChain(setup.payer.chainId, tempoChainId)
  return {
    payer: setup.payer.address,
    nonce: memoOf(charge.challenge),
    validBefore: Math.floor(charge.expiresAt / 1000),
    final: setup.mode === 'push',
    sign: (deadline, late) => createPayment(setup, charge, deadline, late),
  }
}

/** The zero-amount challenge of a free route. No money is involved, so a bad one is a sign-in error. */
function selectFree({ headers, resources, now }: Challenge) {
  const read = readChallenges(headers.get('www-authenticate'))
  if (!read) return undefined
  try {
    return selectProof(read, { resources, now })
  } catch (error) {
    throw new SignInError('The MPP sign-in challenge was not signed.', {
      code: 'signin_mismatch',
      details: isStableStudioError(error) ? `${error.shortMessage} ${error.details ?? ''}`.trim() : undefined,
      hint: 'No money is involved. Check that `origin` is the service behind `baseUrl`.',
    })
  }
}

/** `Payment-Receipt`: base64url of JSON whose reference is the transaction hash. */
function readSettlement(header: string): Settlement | undefined {
  if (header.length > 8192) return undefined
  const receipt = parseJson(decodeText(header) ?? '')
  const status = ownString(receipt, 'status')
  if (status === undefined) return undefined
  const reference = ownString(receipt, 'reference') ?? ''
  const transaction = /^0x[0-9a-fA-F]{64}$/.test(reference) ? reference : undefined
  return { success: status === 'success', transaction, pending: reference !== '' }
}

type Read = { setup: MppSetup; currencies: readonly TempoCurrency[] | undefined }

function readOptions(options: MppOptions): Read {
  const found = libraries()
  const given: Partial<MppOptions> = isRecord(options) ? options : {}
  const payer = readPayer(given.account)
  const issues = checkOptions(options, checksFor(payer))
  if (given.account === undefined) issues.push({ path: 'account', message: String(payer) })
  if (issues.length > 0 || typeof payer === 'string') throw invalidOptions('mpp', issues)
  const { rpcUrl = defaultRpcUrl, fetch, currencies, maxFee = '0.05' } = given
  const mode = given.mode ?? (payer.local ? 'pull' : 'push')
  const fee = (parseUsd(maxFee) ?? 0n) * 10n ** 12n
  return { setup: { libraries: found, payer, node: { rpcUrl, fetch }, mode, maxFee: fee }, currencies }
}

function checksFor(payer: TempoPayer | string): Record<keyof MppOptions, Check> {
  return {
    account: () => (typeof payer === 'string' ? payer : undefined),
    rpcUrl: checkThat(
      (value) => /^https?:$/.test(parseUrl(value)?.protocol ?? ''),
      'must be the URL of a Tempo node',
    ),
    fetch: checkFunction,
    mode: (value) => {
      if (value !== 'pull' && value !== 'push') return "must be 'pull' or 'push'"
      const cannot = value === 'pull' && typeof payer !== 'string' && !payer.local
      return cannot ? "must be 'push': a wallet sends what it signs" : undefined
    },
    currencies: checkThat(
      (value) =>
        Array.isArray(value) &&
        value.length > 0 &&
        value.every((one) => currencyOf(one, tempoCurrencies) === one),
      `must be a list of ${tempoCurrencies.join(', ')}`,
    ),
    maxFee: checkUsd,
  }
}
