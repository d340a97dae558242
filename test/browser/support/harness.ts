// Runs in a plain page: the package itself, without the dapp around it. Bundled by support/plain-page.ts.
import { isStableStudioError, StableStudioClient } from 'stablestudio'
import { indexedDbStore } from 'stablestudio/browser'
import { checkStore } from 'stablestudio/store-conformance'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

/** What the tests call in the page. */
export type Harness = {
  /** Every rule of a store, each on a database of its own. @returns what is broken. */
  checkIndexedDb(): Promise<string>
  /** One generation on a store that all tabs share. */
  run(call: RunCall): Promise<RunResult>
}

export type RunCall = {
  privateKey: Hex
  baseUrl: string
  origin: string
  store: string
  idempotencyKey?: string
}

export type RunResult =
  | { jobId: string; bytes: number }
  | { code: string; payment: string; message: string; name: string }

const harness: Harness = {
  async checkIndexedDb() {
    let databases = 0
    try {
      await checkStore(async () => {
        databases += 1
        return { store: indexedDbStore(`conformance-${databases}`) }
      })
      return `kept by ${databases} databases`
    } catch (error) {
      return String(error)
    }
  },
  async run({ privateKey, baseUrl, origin, store, idempotencyKey }) {
    const wallet = privateKeyToAccount(privateKey)
    try {
      const studio = new StableStudioClient({ wallet, baseUrl, origin, store: indexedDbStore(store) })
      const input = { prompt: 'a lighthouse at dusk' }
      const output = await studio.run('gpt-image-1.5/generate', input, { idempotencyKey })
      return { jobId: output.jobId, bytes: (await output.blob()).size }
    } catch (error) {
      if (!isStableStudioError(error)) throw error
      const { code, payment, message, name } = error
      return { code, payment, message, name }
    }
  },
}

Object.assign(window, { harness })
