// BullMQ, or one clear error if it is missing or of another major version.
import { InvalidInputError } from '../index.ts'

export type BullMq = typeof import('bullmq')

/** @throws {InvalidInputError} `invalid_config` when what was loaded is not BullMQ 6. */
export function requireBullMq(found: BullMq | { cause: unknown }): BullMq {
  // `withBackend` came with version 6.
  if ('Worker' in found && 'FlowProducer' in found && 'withBackend' in found) return found
  throw new InvalidInputError('`stablestudio/bullmq` needs the package `bullmq`.', {
    code: 'invalid_config',
    issues: [{ path: 'bullmq', message: 'must be installed, ^6.0.0, with a client such as ioredis' }],
    hint: 'Nothing was sent. Run: npm install bullmq@6 ioredis',
    ...('cause' in found && { cause: found.cause }),
  })
}
