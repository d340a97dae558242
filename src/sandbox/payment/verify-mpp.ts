// Verification of MPP credentials like the real libraries: mppx's tempo charge, in the router's order of steps.
import { getAddress, recoverTypedDataAddress } from 'viem'
import { encodeJson, toBase64Url } from '../../internal/base64.ts'
import { tempoChainId } from '../../methods/mpp/currencies.ts'
import { memoOf } from '../../methods/mpp/transaction.ts'
import type { TempoTransaction } from '../chains/tempo-chain.ts'
import type { Purpose } from '../chains/token.ts'
import type { Settlement } from '../state/types.ts'
import type { World } from '../state/world.ts'
import type { MppCharge } from './mpp-challenger.ts'
import { type MppCredential, readMppCredential } from './mpp-credential.ts'

/** Why a challenge is not valid for this charge now, in mppx's words. */
async function challengeProblem(
  world: World,
  { challenge }: MppCredential,
  charge: MppCharge,
): Promise<string | undefined> {
  const { mpp, settings } = world
  const invalid = (why: string) => `Challenge "${challenge.id}" is invalid: ${why}.`
  if (!(await mpp.isIssued(challenge))) return invalid('challenge was not issued by this server')
  const expected = { realm: charge.realm, method: 'tempo', intent: 'charge', request: mpp.requestOf(charge) }
  for (const [name, value] of Object.entries(expected)) {
    if (challenge[name] !== value)
      return invalid(`credential ${name} does not match this route's requirements`)
  }
  const expires = Date.parse(String(challenge.expires))
  return expires < settings.clock.now() ? `Payment expired at ${challenge.expires}.` : undefined
}

const used = 'Payment verification failed: Transaction hash has already been used.'

/** Why a transfer does not pay exactly this charge, or does not say so in its memo. */
function transferProblem(
  { token }: World['tempo'],
  { challenge }: MppCredential,
  { to, amount, memo }: Pick<TempoTransaction, 'to' | 'amount' | 'memo'>,
  charge: MppCharge,
): string | undefined {
  const pays = to === getAddress(charge.recipient) && amount === charge.amount
  if (!pays)
    return `Payment verification failed: Invalid transaction: no matching payment call found (${charge.amount} of ${token})`
  const bound = memoOf({ id: String(challenge.id), realm: String(challenge.realm) })
  // mppx compares the parts of realm and challenge; the client's part in between is free.
  const same = memo.slice(0, 32) === bound.slice(0, 32) && memo.slice(-14) === bound.slice(-14)
  return same ? undefined : 'Payment verification failed: memo is not bound to this challenge.'
}

/** Sends a pulled transaction to the chain. A string says why not. */
export async function settlePull(
  world: World,
  credential: MppCredential,
  charge: MppCharge,
  purpose: Purpose,
): Promise<Settlement | string> {
  const problem = await challengeProblem(world, credential, charge)
  const transaction = credential.proof ? await world.tempo.read(credential.proof) : undefined
  if (problem ?? !transaction)
    return problem ?? 'Payment verification failed: Only Tempo (0x76/0x78) transactions are supported.'
  const wrong = transferProblem(world.tempo, credential, transaction, charge)
  if (wrong) return wrong
  if (!claim(world, transaction.hash)) return used
  const settled = world.tempo.send(transaction, purpose)
  return typeof settled === 'string' ? `execution reverted: ${settled}` : settled
}

/** Accepts a transaction on the chain as the payment of this charge, once. A string says why not. */
export async function claimPush(
  world: World,
  credential: MppCredential,
  charge: MppCharge,
): Promise<TempoTransaction | string> {
  const problem = await challengeProblem(world, credential, charge)
  if (problem) return problem
  if (credential.source === null) return 'Hash credential source is invalid.'
  const transaction = credential.proof && world.tempo.find(credential.proof)
  // Without a source, anyone may have made the transfer.
  if (!transaction || (credential.source ?? transaction.from) !== transaction.from) {
    return 'no matching transfer found.'
  }
  const wrong = transferProblem(world.tempo, credential, transaction, charge)
  if (wrong) return wrong
  return claim(world, transaction.hash) ? transaction : used
}

/** The account that is proven on a free route, and the challenge that this consumed; `undefined` without a valid proof. */
export async function verifyProof(world: World, header: string, realm: string) {
  const credential = readMppCredential(header)
  if (credential?.type !== 'proof' || !credential.source || !credential.proof) return undefined
  const charge = { realm, amount: 0n, recipient: world.settings.payTo }
  if (await challengeProblem(world, credential, charge)) return undefined
  const { challenge, proof: signature, source: account } = credential
  const challengeId = String(challenge.id)
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
    message: { account, challengeId, realm },
    signature,
  }).catch(() => undefined)
  return signer === account && claim(world, challengeId) ? { account, challengeId } : undefined
}

/** `Payment-Receipt`. */
export function mppReceipt(reference: string, now: number): string {
  const timestamp = new Date(now).toISOString()
  return toBase64Url(encodeJson({ method: 'tempo', status: 'success', timestamp, reference }))
}

/** Consumes a transaction hash or a proven challenge; `false` when it was used before. */
function claim({ mppUsed }: World, name: string): boolean {
  const isFresh = !mppUsed.has(name)
  mppUsed.add(name)
  return isFresh
}
