// What the tests of waiting share: a context on a service whose jobs a test decides over, and a call.
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { type Call, startCall, type WaitOptions, waitingOptions } from '../../../src/call.ts'
import type { ClientOptions } from '../../../src/config.ts'
import type { Context } from '../../../src/context.ts'
import type { Job } from '../../../src/types.ts'
import type { Target } from '../../../src/waiting/errors.ts'
import { contextOf } from '../../support/context.ts'
import { createJobService, type JobServiceOptions, promptingWallet } from '../../support/job-service.ts'

export const operation = 'flux-2-max/generate'
export const wallet = privateKeyToAccount(generatePrivateKey())

/** A context whose service has one job. */
export function createPlace(options: Partial<JobServiceOptions> = {}, more: ClientOptions = {}) {
  const service = createJobService({ operation, tookMs: 12_000, ...options })
  // Pauses after bad answers are the same in each run.
  const context: Context = { ...contextOf({ wallet, fetch: service.fetch, ...more }), random: () => 0 }
  return { ...service, context, target: targetOf(service.job) }
}

/** The same for a wallet that asks a person. */
export function createPersonsPlace(options: Partial<JobServiceOptions> = {}) {
  const person = promptingWallet()
  return { ...createPlace(options, { wallet: person.client }), prompts: person.prompts }
}

export function targetOf(job: Job): Target {
  return { id: job.id, job, operation: job.operation, createdAt: Date.parse(job.createdAt) }
}

export function callOf(options: WaitOptions = {}, of: string = operation): Call {
  return startCall({ operation: of, options, known: waitingOptions })
}
