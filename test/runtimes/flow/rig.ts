// What a runtime gives the flow, and the few means the flow has to look at the server and to say what is wrong.
import type * as core from 'stablestudio'
import type * as sandbox from 'stablestudio/sandbox'
import type * as siwx from 'stablestudio/siwx'
import type * as solana from 'stablestudio/solana'
import type * as x402 from 'stablestudio/x402'
import type * as accounts from 'viem/accounts'

export type Library = {
  core: typeof core
  sandbox: typeof sandbox
  x402: typeof x402
  siwx: typeof siwx
  solana: typeof solana
  accounts: typeof accounts
  /** The other build of this package in the same program: CommonJS beside ESM, or ESM beside CommonJS. */
  other: typeof core
}

export type Rig = Library & {
  /** Where requests go. */
  baseUrl: string
  /** The sandbox's own address. */
  origin: string
  /** Where the sandbox is looked at and told to fail. */
  control: string
  /** The runtime's store; a second call opens the same one anew, as another process would. */
  openStore(): core.PaymentStore
  /** Checks that only this runtime can make. */
  extra?: Check[]
  /** Everything that went wrong beside the flow: warnings, violations of a policy. */
  complaints?(): string[]
}

export type Check = readonly [name: string, check: (stage: Stage) => Promise<void>]

/** What the checks share. */
export type Stage = {
  rig: Rig
  wallet: accounts.PrivateKeyAccount
  studio: core.StableStudioClient
  image?: core.Output
}

export type Result = { check: string; error?: string }

export type ServerView = {
  settlements: readonly sandbox.Settlement[]
  jobs: readonly sandbox.SandboxJob[]
  paidRequests: number
}

type Command = { fund: string } | { fault: sandbox.Fault } | { clear: true } | Record<string, never>

/** Tells the sandbox something; resolves to what it has seen so far. */
export async function control({ control: url }: Rig, command: Command = {}): Promise<ServerView> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(command) })
  if (!response.ok) throw new Error(`control answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as ServerView
}

export function connect(rig: Rig, options: core.ClientOptions = {}): core.StableStudioClient {
  const { baseUrl, origin } = rig
  return new rig.core.StableStudioClient({ baseUrl, origin, store: rig.openStore(), ...options })
}

export async function failure(promise: Promise<unknown>): Promise<core.StableStudioError> {
  return promise.then(
    (value) => {
      throw new Error(`should have failed, resolved to ${JSON.stringify(value)}`)
    },
    (error) => error,
  )
}

export async function all<value>(values: AsyncIterable<value>): Promise<value[]> {
  const list: value[] = []
  for await (const value of values) list.push(value)
  return list
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`${what}: is ${is}, should be ${should}`)
}

export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(what)
}

/** The file's first bytes, or those after `from`, as text. */
export function textAt(bytes: Uint8Array, from: number, length: number): string {
  return String.fromCharCode(...bytes.slice(from, from + length))
}
