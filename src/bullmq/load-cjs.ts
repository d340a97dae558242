// Replaces `load.ts` in the CommonJS build, which has no top-level await.
import { type BullMq, requireBullMq } from './require.ts'

declare const require: (name: string) => never

export function bullMq(): BullMq {
  return requireBullMq(attempt())
}

function attempt(): BullMq | { cause: unknown } {
  try {
    return require('bullmq')
  } catch (cause) {
    return { cause }
  }
}
