// Verification of MPP credentials as the real libraries do it: mppx's tempo charge, behind the router's order of steps.
import { type Address, getAddress, type Hex, isAddress, recoverTypedDataAddress } from 'viem'
import { decodeText, encodeJson } from '../internal/base64.ts'
import { isRecord, own, ownString, parseJson } from '../internal/json.ts'
import { urlSafe } from '../mpp/challenge.ts'
import { tempoChainId } from '../mpp/currencies.ts'
import { memoOf } from '../mpp/transaction.ts'
import type { MppCharge } from './mppChallenge.ts'
import type { TempoPurpose, TempoTransaction } from './tempoChain.ts'
import type { Settlement } from './types.ts'
import type { World } from './world.ts'

/** A credential, as far as it can be read. */
export type MppCredential = {
  challenge: Record<string, unknown>
  type: 'transaction' | 'hash' | 'proof'
  /** The signed transaction, the hash of one, or a signature. */
  proof: Hex
  /** Who says to have signed it. */
  source: Address
}

/** `Authorization: Payment …`; `null` when the request carries none. */
export function mppHeader(headers: Headers): string | null {
  const header = headers.get('authorization')
  return header?.startsWith('Payment ') ? header.slice('Payment '.length) : null
}

/** `undefined` when the real server would throw on it. */
export function readMppCredential(header: string): MppCredential | undefined {
  const value = parseJson(decodeText(header) ?? '')
  const challenge = own(value, 'challenge')
  const payload = own(value, 'payload')
  const [, chain, source = ''] =
    /^did:pkh:eip155:(\d+):(0x[0-9a-fA-F]{40})$/.exec(ownString(value, 'source') ?? '') ?? []
  const type = ownString(payload, 'type')
  if (type !== 'transaction' && type !== 'hash' && type !== 'proof') return undefined
  const proof = ownString(payload, type === 'hash' ? 'hash' : 'signature') ?? ''
  if (!isRecord(challenge) || !/^0x[0-9a-fA-F]+$/.test(proof)) return undefined
  if (Number(chain) !== tempoChainId || !isAddress(source, { strict: false })) return undefined
  return { challenge, type, proof: proof as Hex, source: getAddress(source) }
}

/** Why a challenge does not stand for this charge now; the words are mppx's. */
async function challengeProblem(
  world: World,
  { challenge }: MppCredential,
  charge: MppCharge,
): Promise<string | undefined> {
  const { mpp, settings } = world
  if (!(await mpp.isIssued(challenge))) return 'challenge was not issued by this server'
  const expected = { realm: charge.realm, method: 'tempo', intent: 'charge', request: mpp.requestOf(charge) }
  for (const [name, value] of Object.entries(expected)) {
    if (challenge[name] !== value) return `credential ${name} does not match this route's requirements`
  }
  const expires = Date.parse(String(challenge.expires))
  return expires < settings.clock.now() ? `Payment expired at ${challenge.expires}.` : undefined
}

/** Whether the transfer pays exactly this charge, and says so in its memo. */
function transferProblem(
  { token }: World['tempo'],
  { challenge }: MppCredential,
  { to, amount, memo }: Pick<TempoTransaction, 'to' | 'amount' | 'memo'>,
  charge: MppCharge,
): string | undefined {
  const pays = to === getAddress(charge.recipient) && amount === charge.amount
  if (!pays) return `Invalid transaction: no matching payment call found (${charge.amount} of ${token})`
  const bound = memoOf({ id: String(challenge.id), realm: String(challenge.realm) })
  // mppx compares the realm's and the challenge's part; the client's in between is free.
  const same = memo.slice(0, 32) === bound.slice(0, 32) && memo.slice(-14) === bound.slice(-14)
  return same ? undefined : 'memo is not bound to this challenge.'
}

/** Sends a pulled transaction to the chain, or says why not. */
export async function settlePull(
  world: World,
  credential: MppCredential,
  charge: MppCharge,
  purpose: TempoPurpose,
): Promise<Settlement | string> {
  const problem = await challengeProblem(world, credential, charge)
  const transaction = await world.tempo.read(credential.proof)
  if (problem ?? !transaction) return problem ?? 'Only Tempo (0x76/0x78) transactions are supported.'
  const wrong = transferProblem(world.tempo, credential, transaction, charge)
  if (wrong) return wrong
  if (!world.mppUsed.claim(transaction.hash)) return 'Transaction hash has already been used'
  const settled = world.tempo.send(transaction, purpose)
  return typeof settled === 'string' ? `execution reverted: ${settled}` : settled
}

/** Takes a transaction that is on the chain already for this charge, once; the settlement it is, or why not. */
export async function claimPush(
  world: World,
  credential: MppCredential,
  charge: MppCharge,
): Promise<TempoTransaction | string> {
  const problem = await challengeProblem(world, credential, charge)
  if (problem) return problem
  const transaction = world.tempo.find(credential.proof)
  if (!transaction || transaction.from !== credential.source) return 'no matching transfer found.'
  const wrong = transferProblem(world.tempo, credential, transaction, charge)
  if (wrong) return wrong
  return world.mppUsed.claim(transaction.hash) ? transaction : 'Transaction hash has already been used'
}

/** The account that proves itself on a free route; `undefined` when it does not. */
export async function verifyProof(world: World, header: string, realm: string): Promise<Address | undefined> {
  const credential = readMppCredential(header)
  if (credential?.type !== 'proof') return undefined
  const charge = { realm, amount: 0n, recipient: world.settings.payTo }
  if (await challengeProblem(world, credential, charge)) return undefined
  const { challenge, proof: signature, source: account } = credential
  const signer = await recoverTypedDataAddress({
    domain: { name: 'MPP', version: '3', chainId: tempoChainId },
    types: {
      Proof: [
        { name: 'account', type: 'address' },
        { name: 'challengeId', type: 'string' },
        { name: 'realm', type: 'string' },
      ],
    },
    primaryType: 'Proof',
    message: { account, challengeId: String(challenge.id), realm },
    signature,
  }).catch(() => undefined)
  return signer === account && world.mppUsed.claim(String(challenge.id)) ? account : undefined
}

/** `Payment-Receipt`. */
export function mppReceipt(reference: string, now: number): string {
  const timestamp = new Date(now).toISOString()
  return urlSafe(encodeJson({ method: 'tempo', status: 'success', timestamp, reference }))
}

/** What was used up: hashes of transactions, and challenges that were proven. */
export type MppUsed = {
  /** `false` when it was used before. */
  claim(name: string): boolean
}

export function createMppUsed(): MppUsed {
  const used = new Set<string>()
  return {
    claim(name) {
      const fresh = !used.has(name)
      used.add(name)
      return fresh
    },
  }
}
