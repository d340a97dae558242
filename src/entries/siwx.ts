// Entry `stablestudio/siwx`: SIGN-IN-WITH-X proofs, usable without the client.
export { formatSignInMessage, type SignInMessage } from '../siwx/message.ts'
export {
  answerSignInChallenge,
  checkSignInChallenge,
  createSignInProof,
  type ProofContext,
  type ProofSigner,
} from '../siwx/proof.ts'
