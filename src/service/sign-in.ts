// Requests to the SIGN-IN-WITH-X routes: with the client's own proof first, else by answering the service's challenge.
import type { Context } from '../context.ts'
import { SignInError } from '../errors.ts'
import { decodeText } from '../internal/base64.ts'
import type { HttpAnswer, HttpRequest, HttpResult } from '../internal/http.ts'
import { own, ownString, parseJson } from '../internal/json.ts'
import type { Deadline } from '../internal/time.ts'
import type { PaymentHeader, PaymentMethod } from '../methods/method.ts'
import { answerSignInChallenge, type ProofSigner, signOwnProof } from '../siwx/proof.ts'
import type { Phase } from '../types.ts'
import { noWallet } from '../wallet.ts'
import { isWordOfService } from './answers.ts'
import { saidBy } from './refusals.ts'
import { challengeOf, jsonHeaders, urlOf } from './requests.ts'

export type SignedInRequest = {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  body?: string
  phase: Phase
}

/** What a repeated poll keeps between requests. */
export type Turn = {
  /** Awaited before each request. */
  untilFree(): Promise<void>
  /** Called when a request is sent. */
  noteSent(): void
  /** A proof signed by a person that the service may not have seen. It is sent again before they are asked again. */
  held?: string | undefined
  /** How many proofs the wallet has made. */
  proofs: number
  /** Whether the next prompt has been announced. */
  announced: boolean
  /** Whether to answer the service's challenge from the start. */
  challenged: boolean
}

/**
 * Sends a request with a sign-in proof. The client's own proof takes one round trip; if the service insists on its own
 * challenge, requests take two from then on. A person usually answers a challenge, so that no prompt is wasted. Moves
 * no money.
 *
 * @throws {SignInError} when the service refuses the proof, or its challenge is for someone else.
 */
export async function requestSignedIn(
  context: Context,
  request: SignedInRequest,
  deadline: Deadline,
  turn?: Turn,
): Promise<HttpResult> {
  const prover = context.wallet ? undefined : context.payWith.find(({ prove }) => prove)
  const sendNext = async (proof?: PaymentHeader) => {
    await turn?.untilFree()
    return send(context, request, deadline, proof, turn)
  }
  if (prover) return requestProven(context, request, deadline, { method: prover, sendNext, turn })
  const signer = signerOf(context, request.path, deadline, turn)
  if (turn?.held) return unlessRefused(await sendNext([signInHeader, turn.held]), request.phase, turn)
  let unproven: HttpResult | undefined
  if (context.signIn.ownProofs && !(turn ? turn.challenged : context.wallet?.prompts)) {
    const proof = await signOwnProof(signer, ownProof(context, request.path))
    const result = await sendNext([signInHeader, proof])
    if (result.kind === 'failure' || result.status !== 402) return result
    context.signIn.ownProofs = false
    if (challengeIn(result)) unproven = result
  }
  const challenged = unproven ?? (await sendNext())
  if (challenged.kind === 'failure' || challenged.status !== 402) return challenged
  const challenge = challengeIn(challenged)
  if (!challenge) return unlessRefused(challenged, request.phase, undefined)
  const proof = await answerSignInChallenge(signer, challenge, proofContext(context, request.path))
  if (turn && context.wallet?.prompts) turn.held = proof
  return unlessRefused(await sendNext([signInHeader, proof]), request.phase, turn)
}

const signInHeader = 'SIGN-IN-WITH-X'

/** Without a wallet, a payment method may make the proof: two round trips, with the service's challenge. */
async function requestProven(
  context: Context,
  request: SignedInRequest,
  deadline: Deadline,
  how: {
    method: PaymentMethod
    sendNext: (proof?: PaymentHeader) => Promise<HttpResult>
    turn: Turn | undefined
  },
): Promise<HttpResult> {
  const { path, phase } = request
  const prompts = context.payer?.prompts ?? false
  let result = await how.sendNext()
  // Challenges differ only by their time, so another client may have used the same one: try twice.
  for (let tries = 0; tries < 2 && result.kind === 'answer' && result.status === 402; tries += 1) {
    if (!how.turn?.announced) context.events.emit('signin.needed', () => ({ path, prompts, at: now() }))
    if (how.turn) {
      how.turn.announced = false
      how.turn.proofs += 1
    }
    const proof = await how.method.prove?.(challengeOf(context, path, result), deadline)
    if (!proof) break
    result = await how.sendNext(proof)
  }
  return unlessRefused(result, phase, undefined)
}

/** A person may sign too late, or a lost request may have used up a proof. Both only cost a proof. */
function unlessRefused(result: HttpResult, phase: Phase, turn: Turn | undefined): HttpResult {
  if (result.kind === 'failure' || result.status !== 402) return result
  // A page, or a truncated challenge, is not a refusal by the service.
  const asks = challengeIn(result) || /^payment /i.test(result.headers.get('www-authenticate') ?? '')
  if (!asks && !isWordOfService(result)) return result
  const code = ownString(result.json(), 'error') ?? ''
  if (turn?.held && ['siwx_expired', 'siwx_nonce_used'].includes(code)) return result
  throw refused(result, phase)
}

function signerOf(context: Context, path: string, deadline: Deadline, turn: Turn | undefined): ProofSigner {
  const { wallet, events } = context
  if (!wallet) throw noWallet()
  return {
    address: wallet.address,
    signMessage(message) {
      if (!turn?.announced) events.emit('signin.needed', () => ({ path, prompts: wallet.prompts, at: now() }))
      if (turn) {
        turn.proofs += 1
        turn.announced = false
      }
      return wallet.signMessage(message, deadline)
    },
  }
}

/** The content of a proof without a challenge. Made for every poll, so nothing is parsed for it. */
function ownProof({ origin, domain, clock }: Context, path: string) {
  return { domain, uri: origin + path, now: clock.now() }
}

/** ISO 8601. */
function now(): string {
  return new Date().toISOString()
}

function proofContext(context: Context, path: string) {
  return { origin: context.origin, path, now: context.clock.now() }
}

function send(
  context: Context,
  request: SignedInRequest,
  deadline: Deadline,
  proof: PaymentHeader | undefined,
  turn: Turn | undefined,
): Promise<HttpResult> {
  const http: HttpRequest = {
    method: request.method,
    url: urlOf(context, request.path),
    headers: { ...jsonHeaders, ...(proof && { [proof[0]]: proof[1] }) },
    timeoutMs: Math.max(1, Math.min(context.timeouts.poll, deadline.left())),
    signal: deadline.signal,
    onSend: turn && (() => turn.noteSent()),
  }
  return context.read(request.body === undefined ? http : { ...http, body: request.body })
}

/** The challenge of a 402, from its header, or from its body if a browser hides the header. */
function challengeIn(answer: HttpAnswer): unknown {
  const header = answer.headers.get('payment-required')
  const text = header === null ? answer.text() : decodeText(header)
  return own(own(parseJson(text ?? ''), 'extensions'), 'sign-in-with-x')
}

function refused(answer: HttpAnswer, phase: Phase): SignInError {
  return new SignInError('The service refused the sign-in.', {
    code: 'signin_refused',
    phase,
    details: saidBy(answer, []),
    hint: 'No money is involved. Only the wallet that paid may read a job. Check the clock of this machine, too.',
  })
}
