// SIGN-IN-WITH-X on the free routes: challenge, validation in the real library's order, single-use nonces.
import { getAddress, type Hex, isAddress, isAddressEqual, recoverMessageAddress } from 'viem'
import { decode58 } from '../../internal/base58.ts'
import { encodeJson } from '../../internal/base64.ts'
import { randomHex } from '../../internal/hex.ts'
import * as z from '../../internal/zod.ts'
import { verifies } from '../../methods/solana/ed25519.ts'
import { formatSolanaSignIn } from '../../methods/solana/sign-in.ts'
import { formatSignInMessage, type SignInMessage } from '../../siwx/message.ts'
import { mppHeader } from '../payment/mpp-credential.ts'
import { mppReceipt, verifyProof } from '../payment/verify-mpp.ts'
import { readHeader } from '../payment/verify-x402.ts'
import type { World } from '../state/world.ts'
import { type Answer, crashed, type Incoming, json } from '../wire/messages.ts'
import { agentIdentity, signInDeclaration } from './extensions.ts'
import { chainOf, isSiwe } from './siwe.ts'

/** How long a challenge and its proof count. */
const maxAgeMs = 5 * 60_000
/** The service that the sandbox represents, whatever address it listens on. */
const liveOrigin = 'https://stablestudio.dev'

type Proof = SignInMessage & { signature: string }
type Code = 'siwx_malformed' | 'siwx_expired' | 'siwx_nonce_used' | 'siwx_invalid_signature'

const messages: Record<Code, string> = {
  siwx_malformed: 'Malformed SIWX payload',
  siwx_expired: 'SIWX message expired — request a new challenge',
  siwx_nonce_used: 'Nonce already used — request a new challenge',
  siwx_invalid_signature: 'Invalid signature — wallet mismatch or corrupted proof',
}

/** Serves the wallet that signed in by either protocol; everyone else is challenged or refused. */
export async function signedIn(
  world: World,
  incoming: Incoming,
  description: string,
  serve: (signer: string) => Answer,
): Promise<Answer> {
  const header = incoming.headers.get('sign-in-with-x')
  if (!header) return proven(world, incoming, description, serve)
  const signer = await signerOf(world, incoming, header)
  return typeof signer === 'string' ? serve(signer) : signer
}

/** An accepted MPP proof is answered like a payment of zero: with a receipt. */
async function proven(
  world: World,
  incoming: Incoming,
  description: string,
  serve: (signer: string) => Answer,
): Promise<Answer> {
  const proof = mppHeader(incoming.headers)
  const prover = proof === null ? undefined : await verifyProof(world, proof, incoming.url.host)
  if (!prover) return challenge(world, incoming, description)
  const answer = serve(prover.account)
  if (answer.status >= 400) return answer
  const receipt = mppReceipt(prover.challengeId, world.settings.clock.now())
  return { ...answer, headers: { ...answer.headers, 'cache-control': 'private', 'payment-receipt': receipt } }
}

/** The signer, or the answer that refuses the proof. */
async function signerOf(world: World, { url }: Incoming, header: string): Promise<string | Answer> {
  const now = world.settings.clock.now()
  const proof = readProof(header)
  const wrong = proof ? validate(proof, url, now) : 'siwx_malformed'
  if (!proof || wrong) return refuse(wrong ?? 'siwx_malformed')
  // Consumed before the signature is verified, as on the real server.
  if (!consume(world, proof.nonce, now)) return refuse('siwx_nonce_used')
  // Of the chain id only the namespace counts, whatever `type` says.
  if (proof.chainId.startsWith('solana:'))
    return (await isSignedOnSolana(proof)) ? proof.address : refuse('siwx_invalid_signature')
  if (!/^eip155:\d+$/.test(proof.chainId)) return refuse('siwx_invalid_signature')
  if (!isSiwe(proof)) return crashed()
  return (await isSigned(proof)) ? getAddress(proof.address) : refuse('siwx_invalid_signature')
}

/** `false` when the nonce was used before. */
function consume({ nonces }: World, nonce: string, now: number): boolean {
  for (const [old, at] of nonces) if (now - at > maxAgeMs) nonces.delete(old)
  return !nonces.has(nonce) && Boolean(nonces.set(nonce, now))
}

/** 402 with the challenge in the header and in the body. */
async function challenge(world: World, incoming: Incoming, description: string): Promise<Answer> {
  const { clock, payTo } = world.settings
  const { url } = incoming
  const now = clock.now()
  const evm = { chainId: world.settings.network, type: 'eip191' }
  const beside = { chainId: world.solana.network, type: 'ed25519' }
  const info = {
    domain: url.hostname,
    uri: url.href,
    version: '1',
    ...evm,
    nonce: randomHex(16),
    issuedAt: new Date(now).toISOString(),
    expirationTime: new Date(now + maxAgeMs).toISOString(),
    statement: 'Sign in to verify your wallet identity',
  }
  const required = {
    x402Version: 2,
    error: 'SIWX authentication required',
    resource: { url: url.href, description, mimeType: 'application/json' },
    accepts: [],
    extensions: {
      'sign-in-with-x': { info, supportedChains: [evm, beside], schema: signInDeclaration },
    },
  }
  return json(required, 402, {
    'cache-control': 'no-store',
    'payment-required': encodeJson(required),
    'www-authenticate': await world.mpp.issue({ realm: url.host, amount: 0n, recipient: payTo, now }),
    'x-agent-identity': agentIdentity(url, now),
  })
}

function refuse(error: Code): Answer {
  return json({ error, message: messages[error] }, 402)
}

const text = z.string()
const maybe = z.optional(text)
const proofSchema = z.object({
  ...{ domain: text, address: text, uri: text, version: text, chainId: text },
  ...{ nonce: text, issuedAt: text, signature: text },
  ...{ statement: maybe, expirationTime: maybe, notBefore: maybe, requestId: maybe },
  resources: z.optional(z.array(text)),
  type: z.enum(['eip191', 'ed25519']),
  signatureScheme: z.optional(z.enum(['eip191', 'eip1271', 'eip6492', 'siws'])),
})

/** The header's fields; `undefined` unless all have the right type. */
function readProof(header: string): Proof | undefined {
  const read = readHeader(header)
  return read.ok ? (proofSchema.safeParse(read.value).data as Proof | undefined) : undefined
}

/** Domain, URI and times. Even a millisecond in the future is malformed. */
function validate(proof: Proof, url: URL, now: number): Code | undefined {
  const homes = [url, new URL(liveOrigin)]
  const isHome = homes.some((home) => proof.domain === home.hostname && proof.uri.startsWith(home.origin))
  if (!isHome) return 'siwx_malformed'
  const age = now - Date.parse(proof.issuedAt)
  if (Number.isNaN(age) || age < 0) return 'siwx_malformed'
  if (age > maxAgeMs) return 'siwx_expired'
  // An empty time does not count.
  if (proof.expirationTime) {
    const expires = Date.parse(proof.expirationTime)
    if (Number.isNaN(expires)) return 'siwx_malformed'
    if (expires < now) return 'siwx_expired'
  }
  if (!proof.notBefore) return undefined
  return Date.parse(proof.notBefore) <= now ? undefined : 'siwx_malformed'
}

/** An Ed25519 signature in base58, over the text itself. */
async function isSignedOnSolana(proof: Proof): Promise<boolean> {
  const [key, signature] = [decode58(proof.address, 32), decode58(proof.signature, 64)]
  const message = new TextEncoder().encode(formatSolanaSignIn(proof))
  return Boolean(key && signature && (await verifies(key, signature, message).catch(() => false)))
}

/** EOA signatures only. */
async function isSigned(proof: Proof): Promise<boolean> {
  try {
    if (!isAddress(proof.address, { strict: false })) return false
    const chainId = `eip155:${chainOf(proof)}`
    const message = formatSignInMessage({ ...proof, chainId, address: getAddress(proof.address) })
    const signer = await recoverMessageAddress({ message, signature: proof.signature as Hex })
    return isAddressEqual(signer, proof.address)
  } catch {
    return false
  }
}
