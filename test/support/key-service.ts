// A key service on 127.0.0.1 that answers Sign and GetPublicKey as AWS KMS does (API reference of KMS, JSON 1.1): a real key
// on secp256k1, signatures in DER with whichever `s` comes, and a test that decides when it answers.
import { createECDH, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Hex } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'

export type KeyServer = {
  url: string
  /** The same key, as nobody but the test has it. */
  account: PrivateKeyAccount
  /** Whether each signature had the higher `s`, in their order. */
  high: boolean[]
  /** Another key signs from now on, as after a mistake in an alias. */
  replaceKey(): void
  close(): Promise<void>
}

type Call = { KeyId?: string; Message?: string; MessageType?: string; SigningAlgorithm?: string }

/** The order of secp256k1 (SEC 2 §2.4.1). */
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

export async function serveKey(keyId = 'alias/pictures'): Promise<KeyServer> {
  let secret = newSecret()
  const high: boolean[] = []
  const spki = createPublicKey(secret.pem).export({ type: 'spki', format: 'der' })
  const facts = { KeyId: keyId, KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY' }
  const answer = (target: string, call: Call): Record<string, unknown> | undefined => {
    if (call.KeyId !== keyId) return undefined
    if (target === 'TrentService.GetPublicKey') return { ...facts, PublicKey: spki.toString('base64') }
    const digest = Buffer.from(call.Message ?? '', 'base64')
    const isDigest = call.MessageType === 'DIGEST' && call.SigningAlgorithm === 'ECDSA_SHA_256'
    if (target !== 'TrentService.Sign' || !isDigest || digest.length !== 32) return undefined
    const [r, s] = ecdsa(digest, secret.d)
    high.push(s > order / 2n)
    return { KeyId: keyId, Signature: der(r, s).toString('base64'), SigningAlgorithm: 'ECDSA_SHA_256' }
  }
  const server = createServer(async (request, response) => {
    const result = answer(String(request.headers['x-amz-target']), JSON.parse(await bodyOf(request)) as Call)
    response.writeHead(result ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(result ?? { __type: 'ValidationException' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    account: privateKeyToAccount(`0x${secret.d.toString(16).padStart(64, '0')}`),
    high,
    replaceKey() {
      secret = newSecret()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString() || '{}'
}

function newSecret(): { d: bigint; pem: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' })
  return { d: toInteger(Buffer.from(d, 'base64url')), pem }
}

/** SEC 1 §4.1.3, as `node:crypto` signs no digests: it hashes what it is given. */
function ecdsa(digest: Buffer, d: bigint): [r: bigint, s: bigint] {
  const k = randomBytes(32)
  const curve = createECDH('secp256k1')
  curve.setPrivateKey(k)
  const r = toInteger(curve.getPublicKey().subarray(1, 33)) % order
  return [r, (power(toInteger(k), order - 2n) * (toInteger(digest) + r * d)) % order]
}

const toInteger = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}` as Hex)

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % order)
    if (rest & 1n) result = (result * square) % order
  return result
}

/** X.690 §8.3: an integer begins with 00 where its first bit would mean a minus. */
function der(...integers: bigint[]): Buffer {
  const encoded = integers.map((integer) => {
    const hex = integer.toString(16)
    const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')
    const body = (bytes[0] ?? 0) < 128 ? bytes : Buffer.concat([Buffer.of(0), bytes])
    return Buffer.concat([Buffer.of(2, body.length), body])
  })
  const all = Buffer.concat(encoded)
  return Buffer.concat([Buffer.of(48, all.length), all])
}

/** What a client of it sends. */
async function callKey(url: string, target: 'Sign' | 'GetPublicKey', call: Call): Promise<Uint8Array> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${target}` }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(call) })
  const { Signature, PublicKey } = (await response.json()) as Record<string, string>
  return Buffer.from(Signature ?? PublicKey ?? '', 'base64')
}

/** What `kmsAccount` of docs/wallets.md takes, on such a server. @param through what each call passes. */
export function keyServiceAt(url: string, through: Through = (call) => call()) {
  const KeyId = 'alias/pictures'
  return {
    publicKey: () => through(() => callKey(url, 'GetPublicKey', { KeyId })),
    sign: (digest: Uint8Array) => through(() => callKey(url, 'Sign', signCall(KeyId, digest))),
  }
}

type Through = (call: () => Promise<Uint8Array>) => Promise<Uint8Array>

const signCall = (KeyId: string, digest: Uint8Array): Call => ({
  KeyId,
  Message: Buffer.from(digest).toString('base64'),
  MessageType: 'DIGEST',
  SigningAlgorithm: 'ECDSA_SHA_256',
})
