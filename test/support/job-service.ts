// The job routes of a service that a test decides over: when a job is done, what it shows, how answers fail.
import { createWalletClient, custom, type Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { base } from 'viem/chains'
import { timingOf } from '../../src/catalogue/operations.ts'
import { StableStudioClient } from '../../src/client.ts'
import type { ClientOptions } from '../../src/config.ts'
import { decodeText, encodeJson } from '../../src/internal/base64.ts'
import type { Job } from '../../src/types.ts'

/** An answer instead of the usual one: a response, an error that is thrown, or `undefined` for the usual one. */
export type Bend = (request: Request, count: number) => Promise<Response | undefined> | Response | undefined

export type JobServiceOptions = {
  operation?: string
  tookMs: number
  /** What it says the job's input was. */
  input?: unknown
  /** Before it is done. */
  show?: (elapsedMs: number) => { status: string; progress: number }
  /** Until an answer arrives; the request counts when it leaves. */
  latencyMs?: () => number
  /** Whether it takes only answers to its own challenges. */
  insists?: boolean
  bend?: Bend
}

/** A request as the service saw it: ms since the job was created, and whether it carried a proof. */
export type Seen = { at: number; signedIn: boolean; status: number }

export function createJobService(options: JobServiceOptions) {
  const { operation = 'gpt-image-1/generate', tookMs, insists = false } = options
  const createdAt = Date.now()
  const seen: Seen[] = []
  const used = new Set<string>()
  const issued = new Set<string>()
  const job: Job = {
    id: 'cjob0000000000000000000001',
    operation,
    pollUrl: 'https://stablestudio.dev/api/jobs/cjob0000000000000000000001',
    createdAt: new Date(createdAt).toISOString(),
    attemptId: 'attempt',
    receipt: {
      usd: '0.17',
      amount: '170000',
      network: 'eip155:8453',
      asset: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
      payer: '0x07F067959297767c887dbfA3C72379c66E82a045',
      payTo: '0x07F067959297767c887dbfA3C72379c66E82a045',
      settledAt: new Date(createdAt).toISOString(),
    },
  }

  function body(): Record<string, unknown> {
    const elapsedMs = Date.now() - createdAt
    const done = elapsedMs >= tookMs
    const updatedAt = new Date(createdAt + Math.min(elapsedMs, tookMs)).toISOString()
    const shown = options.show?.(elapsedMs) ?? { status: 'loading', progress: 10 }
    const facts = {
      id: job.id,
      type: operation.replace('/', '-'),
      input: 'input' in options ? options.input : {},
      createdAt: job.createdAt,
      updatedAt,
    }
    if (!done) return { ...facts, ...shown, error: null }
    const result = { imageUrl: 'https://assets.example/1.png' }
    return { ...facts, status: 'complete', progress: 100, result, error: null }
  }

  function challenge(url: string): Response {
    const nonce = crypto.randomUUID().replaceAll('-', '')
    issued.add(nonce)
    const now = Date.now()
    const info = {
      domain: 'stablestudio.dev',
      uri: url,
      version: '1',
      chainId: 'eip155:8453',
      type: 'eip191',
      nonce,
      issuedAt: new Date(now).toISOString(),
      expirationTime: new Date(now + 300_000).toISOString(),
    }
    const supportedChains = [{ chainId: 'eip155:8453', type: 'eip191' }]
    const required = {
      x402Version: 2,
      accepts: [],
      extensions: { 'sign-in-with-x': { info, supportedChains } },
    }
    return Response.json(required, { status: 402, headers: { 'payment-required': encodeJson(required) } })
  }

  function usual(request: Request): Response {
    const proof = request.headers.get('sign-in-with-x')
    if (!proof) return challenge(request.url)
    const { nonce, issuedAt } = JSON.parse(decodeText(proof) ?? '{}') as { nonce: string; issuedAt: string }
    const refuse = (error: string) => Response.json({ error, message: error }, { status: 402 })
    if (insists && !issued.has(nonce)) return refuse('siwx_malformed')
    if (Date.now() - Date.parse(issuedAt) > 300_000) return refuse('siwx_expired')
    if (used.has(nonce)) return refuse('siwx_nonce_used')
    used.add(nonce)
    return Response.json(body())
  }

  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const entry: Seen = {
      at: Date.now() - createdAt,
      signedIn: request.headers.has('sign-in-with-x'),
      status: 0,
    }
    seen.push(entry)
    const bent = await options.bend?.(request, seen.length)
    const response = bent ?? usual(request)
    entry.status = response.status
    const latencyMs = options.latencyMs?.() ?? 0
    if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs))
    return response
  }

  return { fetch, job, seen, deadlineMs: timingOf(operation).deadlineSeconds * 1000, usual }
}

/** A wallet that asks a person, who agrees after `answersAfterMs`; counts the prompts. */
export function promptingWallet(answersAfterMs = 0) {
  const account = privateKeyToAccount(generatePrivateKey())
  const prompts: { method: string; at: number }[] = []
  const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
    if (method === 'eth_chainId') return '0x2105'
    prompts.push({ method, at: Date.now() })
    if (answersAfterMs > 0) await new Promise((resolve) => setTimeout(resolve, answersAfterMs))
    const given = params as string[]
    if (method === 'personal_sign') return account.signMessage({ message: { raw: given[0] as Hex } })
    return account.signTypedData(JSON.parse(given[1] ?? ''))
  }
  const client = createWalletClient({ account: account.address, chain: base, transport: custom({ request }) })
  return { client, address: account.address, prompts }
}

/** A client with a local account on such a service. */
export function createWaiting(options: JobServiceOptions, clientOptions: ClientOptions = {}) {
  const wallet = privateKeyToAccount(generatePrivateKey())
  const service = createJobService(options)
  const studio = new StableStudioClient({ wallet, fetch: service.fetch, ...clientOptions })
  return { ...service, studio }
}

/** The same with a wallet that asks a person. */
export function createPrompted(
  options: JobServiceOptions,
  clientOptions: ClientOptions = {},
  answersAfterMs = 0,
) {
  const { client: wallet, prompts } = promptingWallet(answersAfterMs)
  const service = createWaiting(options, { wallet, ...clientOptions })
  const promptedAt = () => prompts.map(({ at }) => at - Date.parse(service.job.createdAt))
  return { ...service, prompts, promptedAt }
}
