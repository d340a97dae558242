// A client on a sandbox with a funded throw-away wallet: what most tests start from.
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { StableStudioClient } from '../../src/client.ts'
import type { ClientOptions } from '../../src/config.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { memoryStore } from '../../src/ledger/store.ts'
import { counted } from './clock.ts'

export type Studio = {
  studio: StableStudioClient
  sandbox: ReturnType<typeof createSandbox>
  wallet: PrivateKeyAccount
}

export const operation = 'gpt-image-1/generate'
export const input = { prompt: 'A cat in a spacesuit on Mars', size: '1024x1024', quality: 'high' } as const

export function createStudio(
  options: ClientOptions = {},
  sandboxOptions: Parameters<typeof createSandbox>[0] = {},
): Studio {
  const wallet = privateKeyToAccount(generatePrivateKey())
  const sandbox = createSandbox(sandboxOptions)
  sandbox.fund(wallet.address, '10')
  return {
    wallet,
    sandbox,
    studio: new StableStudioClient({ wallet, fetch: counted(sandbox.fetch), ...options }),
  }
}

/** Two clients, as in two processes, on one store. */
export function createPair(limits: ClientOptions['limits'] = {}) {
  const store = memoryStore()
  const first = createStudio({ store, limits })
  const { wallet, sandbox } = first
  const second = new StableStudioClient({ wallet, store, limits, fetch: counted(sandbox.fetch) })
  return { ...first, store, second }
}

/** What a promise rejects with; fails when it resolves. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`resolved to ${JSON.stringify(value)}`)
    },
    (error: unknown) => error,
  )
}

export async function all<value>(values: AsyncIterable<value>): Promise<value[]> {
  const list: value[] = []
  for await (const value of values) list.push(value)
  return list
}
