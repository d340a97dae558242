// A client that pays on Solana in a sandbox, and what others do to it: wallets that change things, services that lie.
import { StableStudioClient } from '../../src/client.ts'
import type { ClientOptions } from '../../src/config.ts'
import { createSandbox, type Sandbox, type SandboxOptions } from '../../src/entries/sandbox.ts'
import { type SolanaOptions, solana, solanaKey } from '../../src/entries/solana.ts'
import { counted } from './clock.ts'
import { secret } from './solana-secret.ts'

export { secret }

export const network = 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'
export const usdc = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'
export const solanaRpc = 'https://stablestudio.dev/rpc/solana'

/** A key that counts what it signs: payments begin with the version of their message, sign-in texts with a letter. */
export async function countingKey() {
  const key = await solanaKey(await secret())
  const signed = { payments: [] as Uint8Array[], texts: [] as string[] }
  const sign = (message: Uint8Array) => {
    if (message[0] === 0x80) signed.payments.push(message)
    else signed.texts.push(new TextDecoder().decode(message))
    return key.sign(message)
  }
  return { account: { address: key.address, sign }, key, signed }
}

export type SolanaStudioOptions = {
  usd?: string | undefined
  sandbox?: Sandbox | SandboxOptions | undefined
  client?: ClientOptions | undefined
  method?: Partial<SolanaOptions> | undefined
  /** Changes what the service answers. */
  answer?: ((response: Response, request: Request) => Response | Promise<Response>) | undefined
}

export async function createSolanaStudio(options: SolanaStudioOptions = {}) {
  const { usd = '10', client, method, answer = (response: Response) => response } = options
  const { sandbox: given } = options
  const sandbox = given && 'fund' in given ? given : createSandbox(given)
  const { account, key, signed } = await countingKey()
  if (usd !== '0') sandbox.fund(account.address, usd)
  const requests: Request[] = []
  const fetch = counted(async (input, init) => {
    const request = new Request(input, init)
    requests.push(request.clone())
    return answer(await sandbox.fetch(request.clone()), request)
  })
  const payWith = [solana({ account, fetch, ...method })]
  const studio = new StableStudioClient({ payWith, fetch, ...client })
  return { studio, sandbox, account, key, signed, requests, fetch }
}

// biome-ignore lint/suspicious/noExplicitAny: what hostile servers send
type Json = any

/** The 402 answer with its challenge rewritten. */
export function withChallenge(change: (challenge: Json) => void) {
  return (response: Response): Response => {
    const header = response.headers.get('payment-required')
    if (response.status !== 402 || header === null) return response
    const challenge = JSON.parse(Buffer.from(header, 'base64').toString())
    change(challenge)
    const headers = new Headers(response.headers)
    headers.set('payment-required', Buffer.from(JSON.stringify(challenge)).toString('base64'))
    return new Response(response.body, { status: 402, headers })
  }
}

/** Of paid routes: the offer on Solana. */
export function withOffer(change: (offer: Json) => void) {
  return withChallenge(({ accepts }) => {
    const offer = accepts.find((one: Json) => one.network.startsWith('solana:'))
    if (offer) change(offer)
  })
}

export function withExtra(extra: Json) {
  return withOffer((offer) => {
    offer.extra = { ...offer.extra, ...extra }
  })
}

/** The x402 payment in a request. */
export function paymentIn(request: Request): Json {
  const header = request.headers.get('payment-signature')
  return header === null ? undefined : JSON.parse(Buffer.from(header, 'base64').toString())
}
