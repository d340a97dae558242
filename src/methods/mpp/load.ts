// The only file that loads the optional peer `mppx` and its parts of viem. `load-cjs.ts` replaces it in CommonJS.
import { type Failed, type Libraries, requireLibraries } from './require.ts'

const failed = (cause: unknown): Failed => ({ cause })

// Awaited here so that `mpp()` can report a missing package at once. A static import would crash the whole program.
// Bundlers follow the literals, and only warn about a missing package if there is a `catch`.
const client = await import('mppx/client').catch(failed)
const tempo = await import('viem/tempo').catch(failed)
const chains = await import('viem/tempo/chains').catch(failed)

/** @throws {InvalidInputError} `invalid_config` when `mppx` is not installed or its version is not supported. */
export function libraries(): Libraries {
  return requireLibraries({ client, tempo, chains })
}
