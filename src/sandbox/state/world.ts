// Everything that one sandbox holds, passed to the functions that serve it.

import { createEvmChain, type EvmChain } from '../chains/evm-chain.ts'
import { createTempoChain, type TempoChain } from '../chains/tempo-chain.ts'
import { type AssetStore, createAssetStore } from '../media/assets.ts'
import { createMppUsed, type MppUsed } from '../payment/mpp.ts'
import { createMppChallenger, type MppChallenger } from '../payment/mpp-challenge.ts'
import { createNonces, type Nonces } from '../routes/sign-in.ts'
import { createUploadStore, type UploadStore } from '../routes/uploads.ts'
import { createIds, createRandom, type Ids, type Random } from './ids.ts'
import { createJobStore, type JobStore } from './jobs.ts'
import type { Settings } from './options.ts'

export type World = {
  settings: Settings
  chain: EvmChain
  tempo: TempoChain
  ids: Ids
  /** Variation of job times. */
  random: Random
  nonces: Nonces
  mpp: MppChallenger
  mppUsed: MppUsed
  jobs: JobStore
  assets: AssetStore
  uploads: UploadStore
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
    mppUsed: createMppUsed(),
    jobs: createJobStore(),
    assets: createAssetStore(clock),
    uploads: createUploadStore(),
  }
}
