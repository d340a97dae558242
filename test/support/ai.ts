// A provider of the AI SDK on a sandbox with a funded throw-away wallet.
import { createStableStudio, type StableStudioProvider } from '../../src/entries/ai.ts'
import { StableStudioError } from '../../src/errors.ts'
import type { ClientOptions } from '../../src/index.ts'
import { createStudio, type Studio } from './studio.ts'

// The AI SDK would print each warning.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })

export type Provided = Studio & { ai: StableStudioProvider }

export function createProvider(options: ClientOptions = {}): Provided {
  const made = createStudio(options)
  return { ...made, ai: createStableStudio({ client: made.studio }) }
}

/** A picture's first bytes are enough for the service. */
export const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4])
export const mp4 = new Uint8Array([0, 0, 0, 24, 0x66, 0x74, 0x79, 0x70, 0x69, 0x73, 0x6f, 0x6d, 1, 2, 3, 4])

/** What a promise, or what starts it, fails with. */
export async function refusal(work: () => unknown): Promise<StableStudioError> {
  try {
    await work()
  } catch (error) {
    if (error instanceof StableStudioError) return error
    throw error
  }
  throw new Error('was not refused')
}
