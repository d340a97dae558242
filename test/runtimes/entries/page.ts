// The flow in a page: through a relay on its own origin, with IndexedDB, under a strict Content-Security-Policy.
import * as core from 'stablestudio'
import { indexedDbStore } from 'stablestudio/browser'
import * as sandbox from 'stablestudio/sandbox'
import * as siwx from 'stablestudio/siwx'
import * as solana from 'stablestudio/solana'
import * as x402 from 'stablestudio/x402'
// Only in the bundle: the CommonJS build beside the ESM one.
import * as other from 'stablestudio-commonjs'
import * as accounts from 'viem/accounts'
import { play } from '../flow/play.ts'
import { type Check, equal, failure, type Result } from '../flow/rig.ts'

declare global {
  // How the test starts the flow from outside.
  var playHere: (origin: string) => Promise<Result[]>
}

const violations: string[] = []
addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
  violations.push(`${effectiveDirective} ${blockedURI}`),
)

/** Were web security off, the page could talk to the service itself, and the relay would prove nothing. */
const crossOrigin: Check = [
  'cross-origin is barred',
  async ({ rig }) => {
    const direct = new rig.core.StableStudioClient({ baseUrl: rig.origin, origin: rig.origin })
    const error = await failure(direct.quote('grok/generate', { prompt: 'a lighthouse' }))
    equal([error.name, error.code, error.payment], ['ServiceError', 'network_error', 'none'], 'the error')
  },
]

globalThis.playHere = (origin) => {
  const rig = { core, sandbox, solana, x402, siwx, accounts, other, baseUrl: '/api/stablestudio', origin }
  return play({
    ...rig,
    control: '/control',
    openStore: () => indexedDbStore('flow'),
    extra: [crossOrigin],
    complaints: () => violations,
  })
}
