// What stands for `load.ts` in the CommonJS build, which cannot await: Node loads an ES module by `require` since 22.12.
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
