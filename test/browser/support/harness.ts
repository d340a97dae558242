// Runs in a plain page: the package itself, without the dapp around it. Bundled by support/plain-page.ts.
import { isStableStudioError, type PaymentStore, StableStudioClient } from 'stablestudio'
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
  /** Everything that a page does, one after the other: price, payment, wait, list, download, upload. */
  flow(call: RunCall): Promise<FlowResult>
  /** Pays for many at once, one for each key. @returns what each came to: a job's id, or an error's code. */
  submitAll(call: RunCall, keys: readonly string[]): Promise<string[]>
}

export type RunCall = {
  privateKey: Hex
  baseUrl: string
  origin: string
  store: string
  idempotencyKey?: string
  /** USD, on everything that is paid on this store. */
  total?: string
}

export type RunResult =
  | { jobId: string; bytes: number }
  | { code: string; payment: string; message: string; name: string }

export type FlowResult = {
  error?: string
  usd?: string
  jobId?: string
  /** Ids of the complete jobs that the service lists. */
  listed?: string[]
  bytes?: number
  /** Where the output lies that was uploaded again. */
  upload?: string
  /** States of the ledger, by operation. */
  states?: string[]
}

const operation = 'gpt-image-1.5/generate'
const input = { prompt: 'a lighthouse at dusk' }

function createStudio({ privateKey, baseUrl, origin, store, total }: RunCall): StableStudioClient {
  const wallet = privateKeyToAccount(privateKey)
  return new StableStudioClient({
    wallet,
    baseUrl,
    origin,
    store: slow(indexedDbStore(store)),
    limits: { total },
  })
}

async function playAll(studio: StableStudioClient, done: FlowResult): Promise<void> {
  const quote = await studio.quote('grok/generate', input)
  done.usd = quote.usd
  const job = await studio.submit(quote)
  done.jobId = job.id
  const output = await studio.wait(job)
  done.listed = []
  for await (const { id } of studio.jobs.list({ limit: 1, status: 'complete' })) done.listed.push(id)
  const bytes = (await output.bytes()) as Uint8Array<ArrayBuffer>
  done.bytes = (await output.blob()).size
  done.upload = (await studio.upload(new Blob([bytes]))).url
  done.states = []
  for await (const { operation, state } of studio.payments()) done.states.push(`${operation} ${state}`)
}

/** What was read is old when it is used, as on a busy disk: tabs get in between. */
function slow(store: PaymentStore): PaymentStore {
  return {
    ...store,
    async get(key) {
      const held = await store.get(key)
      await new Promise((resolve) => setTimeout(resolve, 5 + 20 * Math.random()))
      return held
    },
  }
}

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
  async flow(call) {
    const done: FlowResult = {}
    try {
      await playAll(createStudio(call), done)
    } catch (error) {
      const code = isStableStudioError(error) ? error.code : 'raw'
      done.error = `${code}: ${error instanceof Error ? error.stack : String(error)}`
    }
    return done
  },
  async submitAll(call, keys) {
    const studio = createStudio(call)
    const one = async (idempotencyKey: string) => {
      try {
        return (await studio.submit(operation, input, { idempotencyKey })).id
      } catch (error) {
        return isStableStudioError(error) ? error.code : String(error)
      }
    }
    return Promise.all(keys.map(one))
  },
  async run(call) {
    try {
      const { idempotencyKey } = call
      const output = await createStudio(call).run(operation, input, { idempotencyKey })
      return { jobId: output.jobId, bytes: (await output.blob()).size }
    } catch (error) {
      if (!isStableStudioError(error)) throw error
      const { code, payment, message, name } = error
      return { code, payment, message, name }
    }
  },
}

Object.assign(window, { harness })
