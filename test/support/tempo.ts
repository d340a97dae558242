// A client that pays by MPP on a sandbox, with an account that counts what it signs.
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { StableStudioClient } from '../../src/client.ts'
import type { ClientOptions } from '../../src/config.ts'
import { type MppOptions, mpp, tempoNetwork } from '../../src/entries/mpp.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { counted } from './clock.ts'

export const tempoRpc = 'https://stablestudio.dev/rpc/tempo'

export type Signed = { transactions: unknown[]; typedData: unknown[]; messages: unknown[] }

export type TempoStudio = {
  studio: StableStudioClient
  sandbox: ReturnType<typeof createSandbox>
  account: PrivateKeyAccount
  signed: Signed
  requests: Request[]
}

/** An account that keeps what it was asked to sign. */
export function countingAccount(account = privateKeyToAccount(generatePrivateKey())) {
  const signed: Signed = { transactions: [], typedData: [], messages: [] }
  const counting: PrivateKeyAccount = {
    ...account,
    signTransaction(transaction, options) {
      signed.transactions.push(transaction)
      return account.signTransaction(transaction, options)
    },
    signTypedData(data) {
      signed.typedData.push(data)
      return account.signTypedData(data)
    },
    signMessage(data) {
      signed.messages.push(data)
      return account.signMessage(data)
    },
  }
  return { account: counting, signed }
}

export type TempoOptions = {
  client?: ClientOptions
  mpp?: Partial<MppOptions>
  /** Bends the service's answers; the node's go by unbent. */
  answer?: (response: Response, request: Request) => Promise<Response> | Response
  /** Bends what the node is asked, or answers. */
  node?: (request: Request, genuine: () => Promise<Response>) => Promise<Response>
  funded?: string
}

export function createTempoStudio(options: TempoOptions = {}): TempoStudio {
  const sandbox = createSandbox()
  const { account, signed } = countingAccount()
  sandbox.fund(account.address, options.funded ?? '10', tempoNetwork)
  const requests: Request[] = []
  const fetch = counted(async (input, init) => {
    const request = new Request(input, init)
    requests.push(request.clone())
    const response = await sandbox.fetch(request)
    return options.answer ? options.answer(response, request) : response
  })
  const node = counted(async (input, init) => {
    const request = new Request(input, init)
    const genuine = () => sandbox.fetch(request.clone())
    return options.node ? options.node(request, genuine) : genuine()
  })
  const method = mpp({ account, rpcUrl: tempoRpc, fetch: node, ...options.mpp })
  const studio = new StableStudioClient({ payWith: [method], fetch, ...options.client })
  return { studio, sandbox, account, signed, requests }
}

/** The answer with its `WWW-Authenticate` header rewritten. */
export function withChallenge(response: Response, change: (header: string) => string): Response {
  const header = response.headers.get('www-authenticate')
  if (response.status !== 402 || header === null) return response
  const headers = new Headers(response.headers)
  headers.set('www-authenticate', change(header))
  return new Response(response.body, { status: 402, headers })
}

/** The header with one auth-param exchanged. */
export function withParameter(name: string, value: string) {
  return (header: string) => header.replace(new RegExp(`(^|[ ,])${name}="[^"]*"`), `$1${name}="${value}"`)
}

type Fields = Record<string, unknown>

/** The header with other fields in the request that it carries; `undefined` takes one out. */
export function withRequest(fields: Fields | ((request: Fields) => Fields)) {
  return (header: string) =>
    header.replace(/request="([^"]*)"/, (_whole, encoded: string) => {
      const request: Fields = JSON.parse(Buffer.from(encoded, 'base64url').toString())
      const changed = { ...request, ...(typeof fields === 'function' ? fields(request) : fields) }
      return `request="${Buffer.from(JSON.stringify(sorted(changed))).toString('base64url')}"`
    })
}

/** Like {@link withRequest}, of its `methodDetails`. */
export function withDetails(details: Fields) {
  return withRequest((request) => ({ methodDetails: { ...(request.methodDetails as Fields), ...details } }))
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  )
}
