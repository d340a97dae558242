// Entry `stablestudio/siwx`: SIGN-IN-WITH-X proofs, usable without the client.
export { formatSignInMessage, type SignInMessage } from './message.ts'
export {
  answerSignInChallenge,
  checkSignInChallenge,
  createSignInProof,
  type ProofContext,
  type ProofSigner,
} from './proof.ts'
