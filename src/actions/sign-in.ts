// Requests on the SIGN-IN-WITH-X routes: with the client's own proof first, else by the service's challenge.
import type { Context } from '../context.ts'
import { type ErrorPhase, SignInError } from '../errors.ts'
import type { HttpAnswer, HttpRequest, HttpResult } from '../internal/http.ts'
import { own, parseJson } from '../internal/json.ts'
import type { Deadline } from '../internal/time.ts'
import type { PaymentHeader, PaymentMethod } from '../payment/method.ts'
import { answerSignInChallenge, createSignInProof, type ProofSigner } from '../siwx/proof.ts'
import { noWallet } from '../wallet.ts'
import { decodePaymentRequired } from '../x402/header.ts'
import { challengeOf, jsonHeaders, saidBy, urlOf } from './service.ts'

export type SignedInRequest = {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  body?: string
  phase: ErrorPhase
}

/**
 * Sends a request that proves who asks: one round trip with the client's own proof; where the service insists on its
 * own challenge, two from then on. Moves no money.
 *
 * @throws {SignInError} when the service refuses the proof, or its challenge is for someone else.
 */
export async function requestSignedIn(
  context: Context,
  request: SignedInRequest,
  deadline: Deadline,
): Promise<HttpResult> {
  const prover = context.wallet ? undefined : context.payWith.find(({ prove }) => prove)
  if (prover) return requestProven(context, request, deadline, prover)
  const signer = signerOf(context, request.path, deadline)
  let unproven: HttpResult | undefined
  if (context.signIn.ownProofs) {
    const proof = await createSignInProof(signer, proofContext(context, request.path))
    const result = await send(context, request, deadline, [signInHeader, proof])
    if (result.kind === 'failure' || result.status !== 402) return result
    context.signIn.ownProofs = false
    if (challengeIn(result)) unproven = result
  }
  const challenged = unproven ?? (await send(context, request, deadline))
  if (challenged.kind === 'failure' || challenged.status !== 402) return challenged
  const challenge = challengeIn(challenged)
  if (!challenge) throw refused(challenged, request.phase)
  const proof = await answerSignInChallenge(signer, challenge, proofContext(context, request.path))
  const result = await send(context, request, deadline, [signInHeader, proof])
  if (result.kind === 'answer' && result.status === 402) throw refused(result, request.phase)
  return result
}

const signInHeader = 'SIGN-IN-WITH-X'

/** Without a wallet that signs in, a payment method may prove who asks: two round trips, with the service's challenge. */
async function requestProven(
  context: Context,
  request: SignedInRequest,
  deadline: Deadline,
  method: PaymentMethod,
): Promise<HttpResult> {
  let result = await send(context, request, deadline)
  // A challenge is told from another by its time alone, so someone else may have used the same one up: asked twice.
  for (let tries = 0; tries < 2 && result.kind === 'answer' && result.status === 402; tries += 1) {
    context.events.emit('signin.needed', { path: request.path, prompts: context.payer?.prompts ?? false })
    const proof = await method.prove?.(challengeOf(context, request.path, result), deadline)
    if (!proof) throw refused(result, request.phase)
    result = await send(context, request, deadline, proof)
  }
  if (result.kind === 'answer' && result.status === 402) throw refused(result, request.phase)
  return result
}

function signerOf(context: Context, path: string, deadline: Deadline): ProofSigner {
  const { wallet, events } = context
  if (!wallet) throw noWallet()
  return {
    address: wallet.address,
    signMessage(message) {
      events.emit('signin.needed', { path, prompts: wallet.prompts })
      return wallet.signMessage(message, deadline)
    },
  }
}

function proofContext(context: Context, path: string) {
  return { origin: context.origin, path, now: context.clock.now() }
}

function send(
  context: Context,
  request: SignedInRequest,
  deadline: Deadline,
  proof?: PaymentHeader,
): Promise<HttpResult> {
  const http: HttpRequest = {
    method: request.method,
    url: urlOf(context, request.path),
    headers: { ...jsonHeaders, ...(proof && { [proof[0]]: proof[1] }) },
    timeoutMs: Math.max(1, Math.min(context.timeouts.poll, deadline.left())),
    signal: deadline.signal,
  }
  return context.read(request.body === undefined ? http : { ...http, body: request.body })
}

/** The challenge of a 402, from its header or, where a browser may not see that, its body. */
function challengeIn(answer: HttpAnswer): unknown {
  const header = answer.headers.get('payment-required')
  const challenge = header === null ? parseJson(answer.text()) : decodePaymentRequired(header)
  return own(own(challenge, 'extensions'), 'sign-in-with-x')
}

function refused(answer: HttpAnswer, phase: ErrorPhase): SignInError {
  return new SignInError('The service refused the sign-in.', {
    code: 'signin_refused',
    phase,
    safeToRetry: true,
    details: saidBy(answer, []),
    hint: 'No money is involved. Only the wallet that paid may read a job; also check the clock of this machine.',
  })
}
