// The only file that loads the optional peer `bullmq`. `load-cjs.ts` replaces it in CommonJS.
import { type BullMq, requireBullMq } from './require.ts'

// Awaited here so that `createWorkers` can report a missing package at once. A static import would crash the whole program.
const found = await import('bullmq').catch((cause: unknown) => ({ cause }))

/** @throws {InvalidInputError} `invalid_config` when `bullmq` is not installed or of another major version. */
export function bullMq(): BullMq {
  return requireBullMq(found)
}
