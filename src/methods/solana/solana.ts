// The payment method for x402 v2 `exact` on Solana.
import { invalidOptions } from '../../errors/invalid-options.ts'
import { OfferRefusedError } from '../../errors.ts'
import { toBase64 } from '../../internal/base64.ts'
import { type Check, checkFunction, checkInteger, checkOptions, checkWord } from '../../internal/check.ts'
import { randomHex } from '../../internal/hex.ts'
import { isRecord } from '../../internal/json.ts'
import type { Deadline } from '../../internal/time.ts'
import { checkUrl } from '../../internal/url.ts'
import { encodePayment } from '../../x402/exact.ts'
import { refuse } from '../../x402/offer.ts'
import type { Lifetime, MethodIo, PaymentMethod, PreparedPayment, SignedPayment } from '../method.ts'
import { readChallenge, readSettlement } from '../x402/headers.ts'
import { readPayer, type SolanaAccount, type SolanaPayer } from './account.ts'
import { type SolanaAsset, type SolanaCluster, solanaAssets } from './assets.ts'
import { checkReturned } from './check.ts'
import { paymentMessage } from './message.ts'
import { type SolanaOffer, selectSolanaOffer } from './offer.ts'
import { categoryOfSolana } from './reasons.ts'
import type { SolanaNode } from './rpc.ts'
import { proofSignerOf } from './sign-in.ts'

/** Options of {@link solana}. */
export type SolanaOptions = {
  /**
   * The account that pays, with USDC on Solana: {@link solanaKey}, a signer of `@solana/kit`, or a Wallet Standard wallet with one
   * of its accounts. It needs no SOL: the facilitator pays the fee.
   */
  account: SolanaAccount
  /**
   * The cluster to pay on.
   * @default 'mainnet'
   */
  network?: SolanaCluster | undefined
  /**
   * JSON-RPC URL of a node. It answers what became of an open payment and what the account holds, and gives a blockhash where an
   * offer has none. Moves no money.
   * @default none: the offer's blockhash, the job list and the time decide
   */
  rpc?: string | undefined
  /**
   * The `fetch` for requests to `rpc`.
   * @default the client's
   */
  fetch?: typeof globalThis.fetch | undefined
  /**
   * The highest price for a compute unit that a wallet may set, in micro-lamports. The facilitator pays it.
   * @default 5_000_000, the most that facilitators accept
   */
  maxPriorityFee?: number | undefined
}

/** The clock starts when the service fetched the blockhash, and 150 blocks are over in 30 to 40 s. All in ms. */
const freshMs = 10_000
/** A person needs what is left of the time, so they are asked with a new offer. */
const promptFreshMs = 2_000
/** A payment that leaves later may not land in time: the service makes the job and settles after that. */
const sendWithinMs = 15_000
/** Twice the time of 150 slots at their slowest. */
const lifeMs = 120_000
/** How old a prepared payment may be when its blockhash is fetched. */
const waitMs = 30_000
const maxPrice = 5_000_000
/** Blockhashes to remember: a service that repeats one keeps offers for too long. */
const remembered = 64

/**
 * Pays with x402 v2, scheme `exact`, on Solana: one USDC transfer per generation, in a transaction that the facilitator sends and
 * pays the fee for. Specification: x402 v2, specs/schemes/exact/scheme_exact_svm.md.
 *
 * Creating it signs nothing. Each offer is checked before the account is asked, and what a wallet returns is compared with it,
 * instruction by instruction, before it is sent.
 *
 * @throws {InvalidInputError} `invalid_config` when an option is wrong.
 * @example
 * import { StableStudioClient } from 'stablestudio'
 * import { solana, solanaKey } from 'stablestudio/solana'
 *
 * const account = await solanaKey(process.env.SOLANA_KEY ?? '')
 * const studio = new StableStudioClient({ payWith: [solana({ account })] })
 * const image = await studio.run('gpt-image-2/generate', { prompt: 'a lighthouse at dusk' })
 */
export function solana(options: SolanaOptions): PaymentMethod {
  const setup = readOptions(options)
  const { asset, payer, network, rpc } = setup
  const seen = createSeen()
  return {
    id: network === 'mainnet' ? 'solana' : `solana-${network}`,
    protocol: 'x402',
    account: { address: payer.address, prompts: payer.prompts },
    select(challenge) {
      const decoded = readChallenge(challenge)
      if (!decoded) return undefined
      const { resources, now } = challenge
      const checked = selectSolanaOffer(decoded, { resources, asset, payer: payer.address })
      const { amount, payTo } = checked
      const since = seen(checked.blockhash, now)
      const served = since !== undefined && now - since < freshMs
      if (!served && rpc === undefined) throw checked.blockhash === undefined ? noBlockhash() : stale(checked)
      const offer = { protocol: 'x402', amount, network: asset.network, asset: asset.mint, payTo } as const
      return {
        offer: { ...offer, validityMs: served ? lifeMs : lifeMs + waitMs },
        freshForMs: !served ? waitMs : payer.prompts ? promptFreshMs : freshMs,
        prepare: (_wallet, at) => prepare(setup, checked, served ? { since } : { at }),
      }
    },
    settlement: (headers) => readSettlement(headers, /^[1-9A-HJ-NP-Za-km-z]{64,88}$/),
    decide: categoryOfSolana,
    signer: (deadline) => proofSignerOf(payer, asset.network, deadline),
    ...(rpc !== undefined && {
      // Loaded only if a node is asked: most payments need none.
      isTaken: async (payment, io) =>
        (await import('./rpc.ts')).isTakenOnChain(nodeOf(setup, rpc, io), payment),
      holding: async (owner, io) => (await import('./rpc.ts')).heldOnSolana(nodeOf(setup, rpc, io), owner),
    }),
  }
}

/** When each blockhash came first: from then on it ages, in whatever offer it comes again. */
function createSeen() {
  const times = new Map<string, number>()
  return (blockhash: string | undefined, now: number): number | undefined => {
    if (blockhash === undefined) return undefined
    const since = Math.min(times.get(blockhash) ?? now, now)
    times.set(blockhash, since)
    const [oldest] = times.keys()
    if (times.size > remembered && oldest !== undefined) times.delete(oldest)
    return since
  }
}

/** By the service's clock: when it served the blockhash; else this payment will fetch its own. */
type Start = { since: number } | { at: number }

function prepare(setup: Setup, offer: SolanaOffer, start: Start): PreparedPayment {
  const memo = randomHex(16)
  const preparedAt = Date.now()
  const end = 'since' in start ? start.since + lifeMs : start.at + waitMs + lifeMs
  return {
    payer: setup.payer.address,
    nonce: memo,
    validBefore: Math.ceil(end / 1000),
    async sign(deadline, _late, io) {
      if ('since' in start)
        return sign(setup, offer, { memo, since: start.since, ...lifetimeOf(offer) }, deadline)
      // Its time counts from before it was asked for, and never beyond what is recorded already.
      const since = start.at + Math.min(Math.max(0, Date.now() - preparedAt), waitMs)
      const node = nodeOf(setup, setup.rpc ?? '', io ?? { fetch: globalThis.fetch })
      const { latestBlockhash } = await import('./rpc.ts')
      return sign(setup, offer, { memo, since, ...(await latestBlockhash(node)) }, deadline)
    },
  }
}

const lifetimeOf = ({ blockhash = '', lastValidBlockHeight }: SolanaOffer): Lifetime => ({
  blockhash,
  lastValidBlockHeight,
})

type Identity = Lifetime & { memo: string; since: number }

async function sign(
  { payer, asset, maxPriorityFee }: Setup,
  offer: SolanaOffer,
  { memo, since, ...lifetime }: Identity,
  deadline: Deadline,
): Promise<SignedPayment> {
  const { blockhash } = lifetime
  const { amount, payTo, feePayer } = offer
  const payment = { payer: payer.address, feePayer, payTo, mint: asset.mint, amount, blockhash, memo }
  const bytes = await payer.signTransaction(paymentMessage(payment), deadline, sendWithinMs)
  await checkReturned(bytes, payment, maxPriorityFee)
  return {
    header: ['PAYMENT-SIGNATURE', encodePayment(offer, { transaction: toBase64(bytes) })],
    validBefore: Math.ceil((since + lifeMs) / 1000),
    sendBefore: since + sendWithinMs,
    lifetime,
  }
}

function nodeOf({ asset, fetch }: Setup, url: string, io: MethodIo): SolanaNode {
  return { url, asset, io: fetch ? { ...io, fetch } : io }
}

function noBlockhash(): OfferRefusedError {
  return new OfferRefusedError('The offer on Solana has no blockhash.', {
    code: 'no_usable_offer',
    details: 'A payment needs one, and without `rpc` only the service can give it.',
    hint: 'Nothing was signed. Pass `rpc` to solana(), or another way to pay in `payWith`.',
  })
}

function stale({ blockhash }: SolanaOffer): OfferRefusedError {
  return refuse(
    'offer_expired',
    'repeats a blockhash that is too old',
    blockhash,
    `${freshMs / 1000} s at most`,
  )
}

type Setup = {
  payer: SolanaPayer
  asset: SolanaAsset
  network: SolanaCluster
  rpc: string | undefined
  fetch: typeof globalThis.fetch | undefined
  maxPriorityFee: bigint
}

function readOptions(options: SolanaOptions): Setup {
  const given: Partial<SolanaOptions> = isRecord(options) ? options : {}
  const { network = 'mainnet', rpc, fetch, maxPriorityFee = maxPrice } = given
  const asset = Object.hasOwn(solanaAssets, network) ? solanaAssets[network] : solanaAssets.mainnet
  const payer = readPayer(given.account, asset)
  const issues = checkOptions(options, checksFor(payer))
  if (given.account === undefined) issues.push({ path: 'account', message: String(payer) })
  if (issues.length > 0 || typeof payer === 'string') throw invalidOptions('solana', issues)
  return { payer, asset, network, rpc, fetch, maxPriorityFee: BigInt(maxPriorityFee) }
}

function checksFor(payer: SolanaPayer | string): Record<keyof SolanaOptions, Check> {
  return {
    account: () => (typeof payer === 'string' ? payer : undefined),
    network: checkWord('network', Object.keys(solanaAssets)),
    // A provider's key is often part of the query.
    rpc: (value) => checkUrl(typeof value === 'string' ? value.split('?')[0] : value),
    fetch: checkFunction,
    maxPriorityFee: checkInteger(1, maxPrice),
  }
}
