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
import { saidBy } from './refusals.ts'
import { challengeOf, isWordOfService, jsonHeaders, urlOf } from './requests.ts'

export type SignedInRequest = {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  body?: string
  phase: Phase
}

/** What a repeated poll keeps between requests. */
export type Turn = {
  untilFree(): Promise<void>
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
  const { origin, domain, clock } = context
  const { path } = request
  const prover = proverOf(context)
  const sendNext: SendNext = async (proof) => {
    await turn?.untilFree()
    return send(context, request, deadline, proof, turn)
  }
  if (prover && !prover.signer)
    return requestProven(context, request, deadline, { method: prover, sendNext, turn })
  const signer = signerOf(context, prover, { path, deadline, turn })
  if (turn?.held) return unlessRefused(await sendNext([signInHeader, turn.held]), request.phase, turn)
  let unproven: HttpResult | undefined
  if (context.signIn.ownProofs && !(turn ? turn.challenged : context.payer?.prompts)) {
    // Made for every poll, so nothing is parsed for it.
    const proof = await signOwnProof(signer, { domain, uri: origin + path, now: clock.now() })
    const result = await sendNext([signInHeader, proof])
    if (result.kind === 'failure' || result.status !== 402) return result
    context.signIn.ownProofs = false
    if (challengeIn(result)) unproven = result
  }
  const challenged = unproven ?? (await sendNext())
  if (challenged.kind === 'failure' || challenged.status !== 402) return challenged
  const challenge = challengeIn(challenged)
  if (!challenge) return unlessRefused(challenged, request.phase, undefined)
  const proof = await answerSignInChallenge(signer, challenge, { origin, path, now: clock.now() })
  if (turn && context.payer?.prompts) turn.held = proof
  return unlessRefused(await sendNext([signInHeader, proof]), request.phase, turn)
}

/** The method whose account signs in, for a client without a wallet. */
export function proverOf({ wallet, payWith }: Context): PaymentMethod | undefined {
  return wallet ? undefined : payWith.find(({ signer, prove }) => signer ?? prove)
}

const signInHeader = 'SIGN-IN-WITH-X'

type SendNext = (proof?: PaymentHeader) => Promise<HttpResult>

/** A payment method may make proofs of its own protocol: two round trips, with the service's challenge. */
async function requestProven(
  context: Context,
  request: SignedInRequest,
  deadline: Deadline,
  how: { method: PaymentMethod; sendNext: SendNext; turn: Turn | undefined },
): Promise<HttpResult> {
  const { path, phase } = request
  let result = await how.sendNext()
  // Challenges differ only by their time, so another client may have used the same one: try twice.
  for (let tries = 0; tries < 2 && result.kind === 'answer' && result.status === 402; tries += 1) {
    noteProof(context, path, how.turn)
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

function signerOf(
  context: Context,
  method: PaymentMethod | undefined,
  { path, deadline, turn }: { path: string; deadline: Deadline; turn: Turn | undefined },
): ProofSigner {
  const { wallet } = context
  const signer = wallet
    ? { address: wallet.address, signMessage: (message: string) => wallet.signMessage(message, deadline) }
    : method?.signer?.(deadline)
  if (!signer) throw noWallet()
  return {
    ...signer,
    signMessage(message) {
      noteProof(context, path, turn)
      return signer.signMessage(message)
    },
  }
}

function noteProof({ events, payer }: Context, path: string, turn: Turn | undefined): void {
  const prompts = payer?.prompts ?? false
  if (!turn?.announced) events.emit('signin.needed', () => ({ path, prompts, at: new Date().toISOString() }))
  if (turn) Object.assign(turn, { proofs: turn.proofs + 1, announced: false })
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
    hint: "No money is involved. Only the wallet that paid may read a job. Also check this machine's clock.",
  })
}
