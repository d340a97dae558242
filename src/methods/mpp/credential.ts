// Has mppx make the credential for a checked challenge, and believes it only what can be read from it again.
import { type Address, type Hex, keccak256 } from 'viem'
import { isStableStudioError, ServiceError, StableStudioError, WalletError } from '../../errors.ts'
import { decodeText, encodeJson, toBase64Url } from '../../internal/base64.ts'
import { harmlessCause } from '../../internal/cause.ts'
import { isRecord, own, ownString, parseJson, sameJson } from '../../internal/json.ts'
import type { Deadline } from '../../internal/time.ts'
import { ask } from '../../wallet.ts'
import type { LateSignature, PaymentHeader, SignedPayment } from '../method.ts'
import type { MppChallenge } from './challenge.ts'
import { tempoChainId } from './currencies.ts'
import type { ChargeOffer, MppMode } from './offer.ts'
import { type Guard, type GuardedPayer, guardPayer, type TempoNode, type TempoPayer } from './payer.ts'
import type { Libraries } from './require.ts'
import { checkCalls, checkTransaction, type TempoTransaction } from './transaction.ts'

/** What stays the same for all payments of one method. */
export type MppSetup = {
  libraries: Libraries
  payer: TempoPayer
  node: TempoNode
  mode: MppMode
  /** The most that the network may take for a payment, in units of 10⁻¹⁸ USD. */
  maxFee: bigint
}

/** Signs the payment of a checked offer; by `push` it is also sent to the chain. */
export async function createPayment(
  setup: MppSetup,
  offer: ChargeOffer,
  deadline: Deadline,
  late?: LateSignature,
): Promise<SignedPayment> {
  const { libraries, payer, maxFee } = setup
  const { Transaction } = libraries.tempo
  const expected = { payer: payer.address, maxFee }
  const check = (bytes: Hex) => {
    const transaction = Transaction.deserialize(bytes as never) as unknown as TempoTransaction
    checkTransaction(transaction, offer, { ...expected, now: Date.now() })
    return transaction
  }
  const guard: Guard = {
    async transaction(transaction) {
      check(await Transaction.serialize(transaction as never))
    },
    calls: (calls) => checkCalls(calls, offer),
    typedData: unexpected,
  }
  const pushed = ({ header, proof }: Payload) => ({ header, transaction: proof })
  const payload = await create(setup, offer.challenge, deadline, guard, (made) =>
    late?.(made && pushed(made)),
  )
  if (payload.type === 'hash') return pushed(payload)
  if (payload.type !== 'transaction') throw unreadable(payload.type)
  const { from, signature, validBefore } = check(payload.proof)
  if (from === undefined || signature === undefined) throw unreadable('an unsigned transaction')
  return { header: payload.header, validBefore: validBefore as number }
}

/** Signs that the account is who asks: realm and challenge, and no money. */
export async function createProof(
  setup: MppSetup,
  challenge: MppChallenge,
  deadline: Deadline,
): Promise<PaymentHeader> {
  const { address: account } = setup.payer
  const { id: challengeId, realm } = challenge
  const payload = await create(setup, challenge, deadline, {
    transaction: async () => unexpected(),
    calls: unexpected,
    typedData(data) {
      const domain = own(data, 'domain')
      const message = own(data, 'message')
      const { account: named, ...rest } = isRecord(message) ? message : {}
      const said = [own(data, 'primaryType'), own(domain, 'name'), own(domain, 'version'), rest]
      // A wallet is shown the address in lower case.
      const same = String(named).toLowerCase() === account.toLowerCase()
      const expected = ['Proof', 'MPP', '3', { challengeId, realm }]
      if (!same || Number(own(domain, 'chainId')) !== tempoChainId || !sameJson(said, expected)) unexpected()
    },
  })
  if (payload.type !== 'proof') throw unreadable(payload.type)
  return payload.header
}

function unexpected(): never {
  throw unreadable('a request for another signature')
}

type Payload = { header: PaymentHeader; type: string; proof: Hex }

async function create(
  setup: MppSetup,
  challenge: MppChallenge,
  deadline: Deadline,
  guard: Guard,
  late?: (made: Payload | undefined) => void,
): Promise<Payload> {
  const { libraries, payer, node, mode } = setup
  const guarded = guardPayer(payer, guard, node, libraries)
  const { Mppx, tempo } = libraries.client
  const charge = tempo.charge({
    account: guarded.account,
    getClient: () => guarded.client,
    expectedChainId: tempoChainId,
    mode,
  })
  const mppx = Mppx.create({ polyfill: false, methods: [charge] })
  const read = (credential: string) => readCredential(credential, challenge, payer.address)
  let making: Promise<string> | undefined
  try {
    const make = () => {
      making = mppx.createCredential(answerWith(challenge))
      return making
    }
    return read(await ask(make, deadline))
  } catch (error) {
    guarded.revoke()
    const sent = mode === 'push' ? guarded.signed() : undefined
    // It may be on its way, and its hash is known: the service can find it when it is there.
    if (sent) return namePushed(challenge, keccak256(sent), payer.address)
    // A person may still be looking at the prompt: what they do is heard even though this call is over.
    const made = mode === 'push' && guarded.asked() ? making : undefined
    made?.then(read).then(late, () => (guarded.asked() ? undefined : late?.(undefined)))
    throw explain(error, guarded, setup, deadline)
  }
}

/** The one checked challenge as mppx reads it: it never sees what else the service sent. */
function answerWith({ parameters }: MppChallenge): Response {
  const list = Object.entries(parameters)
    .filter(([name]) => name !== 'description' && name !== 'header')
    .map(([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&')}"`)
  return new Response(null, { status: 402, headers: { 'www-authenticate': `Payment ${list.join(', ')}` } })
}

/** The credential of a transaction that was sent, where mppx gave up waiting for its receipt. */
function namePushed({ parameters }: MppChallenge, hash: Hex, payer: Address): Payload {
  const { description: _text, header: _header, ...challenge } = parameters
  const source = `did:pkh:eip155:${tempoChainId}:${payer}`
  const credential = toBase64Url(encodeJson({ challenge, payload: { hash, type: 'hash' }, source }))
  return { header: ['Authorization', `Payment ${credential}`], type: 'hash', proof: hash }
}

/** What the credential says, if it is for this challenge and this payer. */
function readCredential(credential: string, challenge: MppChallenge, payer: Address): Payload {
  const [, encoded = ''] = /^Payment ([A-Za-z0-9_-]+)$/.exec(credential) ?? []
  const value = parseJson(decodeText(encoded) ?? '')
  const payload = own(value, 'payload')
  const echoed = own(value, 'challenge')
  const { id, realm, method, intent, expires, encodedRequest: request } = challenge
  const fields = { id, realm, method, intent, expires, request }
  const same = Object.entries(fields).every(([name, text]) => ownString(echoed, name) === text)
  const source = ownString(value, 'source')?.toLowerCase()
  if (!same || source !== `did:pkh:eip155:${tempoChainId}:${payer.toLowerCase()}`)
    throw unreadable('another credential')
  const type = ownString(payload, 'type') ?? 'nothing'
  const proof = ownString(payload, type === 'hash' ? 'hash' : 'signature') ?? ''
  if (!/^0x[0-9a-fA-F]+$/.test(proof)) throw unreadable('a credential without a signature')
  return { header: ['Authorization', credential], type, proof: proof as Hex }
}

/** Whether money may have moved is all that counts: it did not, as long as no signature was made. */
function explain(
  error: unknown,
  guarded: GuardedPayer,
  { mode, node }: MppSetup,
  { signal }: Deadline,
): unknown {
  const refusal = guarded.refusal()
  if (!guarded.asked() || mode === 'pull') {
    if (isStableStudioError(refusal)) return refusal
    if (mode === 'push' && signal?.aborted) return endedBefore(error)
    return error instanceof WalletError && !guarded.asked() ? unprepared(error, node) : error
  }
  return new ServiceError('The payment was handed to the chain, and nothing says what became of it.', {
    code: 'network_error',
    phase: 'sign',
    payment: 'unknown',
    hint: 'recover() finds out what became of it.',
    cause: harmlessCause(error, [keyOf(node)]),
  })
}

/** Only what says so gives back a payment that would have moved the money at once. */
function endedBefore(cause: unknown): StableStudioError {
  return new StableStudioError('The call was aborted.', {
    code: 'aborted',
    phase: 'sign',
    safeToRetry: true,
    hint: 'Nothing was paid.',
    cause,
  })
}

/** A provider's key is often part of its URL. */
function keyOf({ rpcUrl }: TempoNode): string {
  return rpcUrl.slice(new URL(rpcUrl).origin.length + 1)
}

/** The node, not the account, was asked so far. */
function unprepared(error: WalletError, node: TempoNode): ServiceError | WalletError {
  if (error.code === 'wallet_rejected' || error.code === 'wallet_timeout') return error
  const poor = /insufficient|exceeds balance/i.test(String((error.cause as Error | undefined)?.message))
  return new ServiceError('The Tempo node did not prepare the payment.', {
    code: 'network_error',
    phase: 'sign',
    safeToRetry: true,
    hint: poor
      ? 'Nothing was signed. Put dollars on the account on Tempo: the price, and a little for the network’s fee.'
      : 'Nothing was signed. Check `rpcUrl` of `mpp`, and that the account has dollars on Tempo.',
    cause: harmlessCause(error.cause, [keyOf(node)]),
  })
}

function unreadable(what: string): ServiceError {
  return new ServiceError('What mppx made is not the payment that was checked.', {
    code: 'response_malformed',
    phase: 'sign',
    safeToRetry: true,
    details: `It made ${what}.`,
    hint: 'Nothing was sent. Use a version of mppx that this package names.',
  })
}
