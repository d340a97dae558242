// Loads the optional peer `mppx`, and what it needs of viem. The only file that does; CommonJS has its own, `load-cjs.ts`.
import { type Failed, type Libraries, requireLibraries } from './require.ts'

const failed = (cause: unknown): Failed => ({ cause })

// Awaited here, so that `mpp()` can say at once that a package is missing; a static import would end the whole program
// with the runtime's own words. Bundlers follow each literal, and take the missing one of a `catch` for a warning.
const client = await import('mppx/client').catch(failed)
const tempo = await import('viem/tempo').catch(failed)
const chains = await import('viem/tempo/chains').catch(failed)

/** @throws {InvalidInputError} `invalid_config` when `mppx` is not installed, or is no version that this one knows. */
export function libraries(): Libraries {
  return requireLibraries({ client, tempo, chains })
}
