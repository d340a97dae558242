// Everything that one sandbox holds, passed to the functions that serve it.
import { createEvmChain } from '../chains/evm-chain.ts'
import { createSolanaChain } from '../chains/solana-chain.ts'
import { createTempoChain } from '../chains/tempo-chain.ts'
import { createAssetStore } from '../media/assets.ts'
import { createMppChallenger } from '../payment/mpp-challenger.ts'
import { createIds, createRandom } from './ids.ts'
import type { JobRecord } from './jobs.ts'
import type { Settings } from './options.ts'
import { solanaPayee } from './options.ts'

/** An upload between its ticket and its confirmation. Times are ms. */
export type PendingUpload = {
  id: string
  owner: string
  filename: string
  contentType: string
  token: string
  pathname: string
  expiresAt: number
  /** Where the bytes are, after the PUT. */
  blobUrl: string | undefined
}

/** The payee has a token account there, as the live service's has. */
function solanaOf({ network, clock }: Settings) {
  const chain = createSolanaChain(network, clock)
  chain.mint(solanaPayee, 0n)
  return chain
}

export type World = ReturnType<typeof createWorld>

export function createWorld(settings: Settings) {
  const { clock, network, seed } = settings
  return {
    settings,
    chain: createEvmChain(network, clock),
    tempo: createTempoChain(clock),
    solana: solanaOf(settings),
    ids: createIds(seed),
    /** Variation of job times. */
    random: createRandom(seed + 1),
    /** Of sign-in proofs, with the time when each was used. */
    nonces: new Map<string, number>(),
    mpp: createMppChallenger(),
    /** Hashes of transactions, and challenges that were proven: each counts once. */
    mppUsed: new Set<string>(),
    /** By id, oldest first. */
    jobs: new Map<string, JobRecord>(),
    assets: createAssetStore(clock),
    /** By id. */
    uploads: new Map<string, PendingUpload>(),
  }
}
