/**
 * SIGN-IN-WITH-X proofs, usable without the client.
 *
 * @module stablestudio/siwx
 */
export { formatSignInMessage, type SignInMessage } from '../siwx/message.ts'
export {
  answerSignInChallenge,
  checkSignInChallenge,
  createSignInProof,
  type ProofContext,
  type ProofSigner,
  type SignInScheme,
} from '../siwx/proof.ts'
