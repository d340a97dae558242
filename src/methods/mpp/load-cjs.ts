// Replaces `load.ts` in the CommonJS build, which has no top-level await. Since 22.12, Node can `require` ES modules.
import { type Libraries, requireLibraries } from './require.ts'

declare const require: (name: string) => never

export function libraries(): Libraries {
  return requireLibraries({
    client: attempt(() => require('mppx/client')),
    tempo: attempt(() => require('viem/tempo')),
    chains: attempt(() => require('viem/tempo/chains')),
  })
}

function attempt<value>(load: () => value): value | { cause: unknown } {
  try {
    return load()
  } catch (cause) {
    return { cause }
  }
}
