// The names of the client's options and methods, with a sentence for each. The types hold the lists complete.
import type { ClientOptions, RunOptions, StableStudioClient, WaitOptions } from '../../../src/index.ts'
import type { Options } from './place.ts'

type Words<name extends PropertyKey> = Record<name, string>

export const methods: Words<keyof StableStudioClient> = {
  run: 'From prompt to file: pays once, then waits.',
  quote: 'The price of exactly this input. Signs nothing, pays nothing.',
  submit: 'Pays once, and resolves as soon as the service accepts the job.',
  wait: 'Waits for a job. Moves no money.',
  upload: 'Turns a file into a hosted URL, for $0.01. The same bytes are paid for once.',
  recover: 'Settles what a crash or a lost answer left open. Never signs a payment.',
  payments: 'The ledger: every attempt, oldest first. Read it with for await.',
  payment: 'One attempt of the ledger, by its id, its key or its job.',
  budget: 'The limits: what is spent, reserved and left.',
  balance: 'What the payer holds, for each way to pay that has an rpc.',
  jobs: 'The jobs as the service reports them: get, list, delete.',
  prune: 'Removes old closed attempts from the store.',
  close: 'Gives unused shares of the budget back to other processes.',
  on: 'Subscribes to an event.',
  payer: 'The address that pays and owns the jobs.',
  volatile: 'Whether the ledger ends with this process.',
}

const wait: Words<keyof WaitOptions> = {
  timeout: 'The most that the whole call may take, ms.',
  signal: 'An AbortSignal that ends the call.',
  onProgress: 'Called with the phase, the progress and the time so far.',
  promptBudget: 'How many signatures a person should be asked for.',
}

const run: Words<keyof RunOptions> = {
  ...wait,
  idempotencyKey: 'Calls with the same key are one payment, also after a crash.',
  maxPrice: "The most that this call may pay, USD: '0.20'. Replaces the guard of the list price.",
}

const client: Words<keyof ClientOptions> = {
  wallet: 'Signs the payments.',
  store: 'Where payments are recorded before they are sent.',
  limits: "Caps on spending: { perCall: '0.05', perDay: '1', total: '20' }.",
  approve: 'Called before each payment is signed. Anything but true refuses.',
  payees: 'The only addresses that may be paid.',
  payWith: 'Ways to pay, in order of preference.',
  baseUrl: 'Where requests go.',
  origin: "The service's own origin, which offers must name.",
  fetch: 'Sends every request.',
  timeouts: 'Time limits of single requests, ms: { quote, pay, poll }.',
  concurrency: 'How many requests may run at once: { payments, reads }.',
  blobUrl: 'Where uploads are PUT.',
  reuseOffers: 'Pays a known offer again without asking for the price.',
  keepRequests: 'Stores the request of an open attempt, so that it can be sent again after a crash.',
  promptBudget: 'How many signatures a person should be asked for in one generation.',
}

export const options: Record<Options, Record<string, string>> = {
  client,
  run,
  submit: run,
  wait,
  quote: { timeout: wait.timeout, signal: wait.signal },
}
