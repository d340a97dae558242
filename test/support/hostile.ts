// A service that lies: a sandbox whose answers a test rewrites, and a wallet that counts what it signs.
import { generatePrivateKey, privateKeyToAccount, toAccount } from 'viem/accounts'
import { StableStudioClient } from '../../src/client.ts'
import type { ClientOptions } from '../../src/config.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { decodeText, encodeJson } from '../../src/internal/base64.ts'
import { counted } from './clock.ts'

// biome-ignore lint/suspicious/noExplicitAny: a challenge that a test bends into any shape
export type Challenge = any

export type Hostile = {
  studio: StableStudioClient
  sandbox: ReturnType<typeof createSandbox>
  wallet: ReturnType<typeof countingWallet>
  /** Every request that left the client. */
  requests: { url: string; headers: Headers; body: string }[]
}

type Answer = (request: Request, genuine: () => Promise<Response>) => Promise<Response>

export function countingWallet() {
  const account = privateKeyToAccount(generatePrivateKey())
  const signed = {
    payments: [] as { message: { validBefore: bigint; value: bigint } }[],
    messages: [] as string[],
  }
  return {
    ...toAccount({
      address: account.address,
      async signTypedData(data) {
        signed.payments.push(data as never)
        return account.signTypedData(data)
      },
      async signMessage({ message }) {
        signed.messages.push(String(message))
        return account.signMessage({ message })
      },
      signTransaction: () => Promise.reject(new Error('nothing here signs transactions')),
    }),
    signed,
  }
}

/** A client against a service whose answers go through `answer`. */
export function createHostile(answer: Answer, options: ClientOptions = {}): Hostile {
  const sandbox = createSandbox()
  const wallet = countingWallet()
  sandbox.fund(wallet.address, '2000')
  const requests: Hostile['requests'] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    requests.push({ url: request.url, headers: request.headers, body: await request.clone().text() })
    return answer(request, () => sandbox.fetch(request.clone()))
  }
  const studio = new StableStudioClient({ wallet, fetch: counted(fetch), ...options })
  return { studio, sandbox, wallet, requests }
}

/** The genuine answer with its challenge bent. */
export async function bend(
  response: Response,
  change: (challenge: Challenge) => Challenge | undefined,
): Promise<Response> {
  const header = response.headers.get('payment-required')
  if (response.status !== 402 || !header) return response
  const challenge: Challenge = JSON.parse(decodeText(header) ?? '')
  const bent = change(challenge) ?? challenge
  const headers = new Headers(response.headers)
  headers.set('payment-required', encodeJson(bent))
  return new Response(await response.text(), { status: 402, headers })
}

/** A service that bends the challenge of every 402. */
export function bending(
  change: (challenge: Challenge) => Challenge | undefined,
  options?: ClientOptions,
): Hostile {
  return createHostile(async (_request, genuine) => bend(await genuine(), change), options)
}
