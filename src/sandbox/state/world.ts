// Everything that one sandbox holds, passed to the functions that serve it.

import { createEvmChain, type EvmChain } from '../chains/evm-chain.ts'
import { createTempoChain, type TempoChain } from '../chains/tempo-chain.ts'
import { type AssetStore, createAssetStore } from '../media/assets.ts'
import { createMppChallenger, type MppChallenger } from '../payment/mpp-challenger.ts'
import { createIds, createRandom, type Ids, type Random } from './ids.ts'
import type { JobRecord } from './jobs.ts'
import { createNonces, type Nonces } from './nonces.ts'
import type { Settings } from './options.ts'
import type { PendingUpload } from './uploads.ts'

export type World = {
  settings: Settings
  chain: EvmChain
  tempo: TempoChain
  ids: Ids
  /** Variation of job times. */
  random: Random
  nonces: Nonces
  mpp: MppChallenger
  /** Hashes of transactions, and challenges that were proven: each counts once. */
  mppUsed: Set<string>
  /** By id, oldest first. */
  jobs: Map<string, JobRecord>
  assets: AssetStore
  /** By id. */
  uploads: Map<string, PendingUpload>
}

export function createWorld(settings: Settings): World {
  const { clock, network, seed } = settings
  return {
    settings,
    chain: createEvmChain(network, clock),
    tempo: createTempoChain(clock),
    ids: createIds(seed),
    random: createRandom(seed + 1),
    nonces: createNonces(),
    mpp: createMppChallenger(),
    mppUsed: new Set(),
    jobs: new Map(),
    assets: createAssetStore(clock),
    uploads: new Map(),
  }
}
