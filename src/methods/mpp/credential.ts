// Has mppx create the credential for a checked challenge, and verifies the result.
import { type Address, type Hex, keccak256 } from 'viem'
import { abortedError } from '../../errors/aborted.ts'
import { isStableStudioError, ServiceError, WalletError } from '../../errors.ts'
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

/** What all payments of one method share. */
export type MppSetup = {
  libraries: Libraries
  payer: TempoPayer
  node: TempoNode
  mode: MppMode
  /** The highest network fee for a payment, in units of 10⁻¹⁸ USD. */
  maxFee: bigint
}

/** Signs the payment for a checked offer. In `push` mode it is also sent to the chain. */
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
  if (payload.type !== 'transaction') throw unexpectedResult(payload.type)
  const { from, signature, validBefore } = check(payload.proof)
  if (from === undefined || signature === undefined) throw unexpectedResult('an unsigned transaction')
  return { header: payload.header, validBefore: validBefore as number }
}

/** Creates a proof of identity: signs the realm and the challenge. Moves no money. */
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
      // Wallets receive the address in lower case.
      const same = String(named).toLowerCase() === account.toLowerCase()
      const expected = ['Proof', 'MPP', '3', { challengeId, realm }]
      if (!same || Number(own(domain, 'chainId')) !== tempoChainId || !sameJson(said, expected)) unexpected()
    },
  })
  if (payload.type !== 'proof') throw unexpectedResult(payload.type)
  return payload.header
}

function unexpected(): never {
  throw unexpectedResult('a request for another signature')
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
    // It may already be on its way. Its hash is known, so the service can find it.
    if (sent) return namePushed(challenge, keccak256(sent), payer.address)
    // The prompt may still be open: the person's decision counts even though this call is over.
    const made = mode === 'push' && guarded.asked() ? making : undefined
    made?.then(read).then(late, () => (guarded.asked() ? undefined : late?.(undefined)))
    throw explain(error, guarded, setup, deadline)
  }
}

/** Gives mppx only the checked challenge, and nothing else that the service sent. */
function answerWith({ parameters }: MppChallenge): Response {
  const list = Object.entries(parameters)
    .filter(([name]) => name !== 'description' && name !== 'header')
    .map(([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&')}"`)
  return new Response(null, { status: 402, headers: { 'www-authenticate': `Payment ${list.join(', ')}` } })
}

/** The credential for a sent transaction whose receipt mppx gave up waiting for. */
function namePushed({ parameters }: MppChallenge, hash: Hex, payer: Address): Payload {
  const { description: _text, header: _header, ...challenge } = parameters
  const source = `did:pkh:eip155:${tempoChainId}:${payer}`
  const credential = toBase64Url(encodeJson({ challenge, payload: { hash, type: 'hash' }, source }))
  return { header: ['Authorization', `Payment ${credential}`], type: 'hash', proof: hash }
}

/** @throws {ServiceError} unless the credential is for this challenge and this payer. */
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
    throw unexpectedResult('another credential')
  const type = ownString(payload, 'type') ?? 'nothing'
  const proof = ownString(payload, type === 'hash' ? 'hash' : 'signature') ?? ''
  if (!/^0x[0-9a-fA-F]+$/.test(proof)) throw unexpectedResult('a credential without a signature')
  return { header: ['Authorization', credential], type, proof: proof as Hex }
}

/** The error depends on whether money may have moved. Without a signature it has not. */
function explain(
  error: unknown,
  guarded: GuardedPayer,
  { mode, node }: MppSetup,
  deadline: Deadline,
): unknown {
  const refusal = guarded.refusal()
  if (!guarded.asked() || mode === 'pull') {
    if (isStableStudioError(refusal)) return refusal
    // In `push` mode a payment is released only by an error that says nothing was paid.
    if (mode === 'push' && deadline.signal?.aborted)
      return abortedError(deadline, { phase: 'sign', cause: error })
    return error instanceof WalletError && !guarded.asked() ? unprepared(error, node) : error
  }
  return new ServiceError('The payment was sent to the chain, and its outcome is unknown.', {
    code: 'network_error',
    phase: 'sign',
    payment: 'unknown',
    hint: 'recover() finds out whether it was taken.',
    cause: harmlessCause(error, [keyOf(node)]),
  })
}

/** An RPC provider's key is often part of its URL. */
function keyOf({ rpcUrl }: TempoNode): string {
  return rpcUrl.slice(new URL(rpcUrl).origin.length + 1)
}

/** The error before the account was asked: only the node has been. */
function unprepared(error: WalletError, node: TempoNode): ServiceError | WalletError {
  if (error.code === 'wallet_rejected' || error.code === 'wallet_timeout') return error
  const poor = /insufficient|exceeds balance/i.test(String((error.cause as Error | undefined)?.message))
  return new ServiceError('The Tempo node did not prepare the payment.', {
    code: 'network_error',
    phase: 'sign',
    safeToRetry: true,
    hint: poor
      ? 'Nothing was signed. Fund the account on Tempo with the price and a little for the network fee.'
      : 'Nothing was signed. Check `rpcUrl` of `mpp`, and that the account is funded on Tempo.',
    cause: harmlessCause(error.cause, [keyOf(node)]),
  })
}

function unexpectedResult(what: string): ServiceError {
  return new ServiceError('mppx did not make the checked payment.', {
    code: 'response_malformed',
    phase: 'sign',
    safeToRetry: true,
    details: `It made ${what}.`,
    hint: 'Nothing was sent. Use a version of mppx that this package supports.',
  })
}
