// Everything that one sandbox holds, passed to the functions that serve it.
import { type AssetStore, createAssetStore } from './assets.ts'
import { type Chain, createChain } from './chain.ts'
import { createIds, createRandom, type Ids, type Random } from './ids.ts'
import { createJobStore, type JobStore } from './jobs.ts'
import { createMppChallenger, type MppChallenger } from './mppChallenge.ts'
import type { Settings } from './options.ts'
import { createNonces, type Nonces } from './signin.ts'
import { createUploadStore, type UploadStore } from './uploads.ts'

export type World = {
  settings: Settings
  chain: Chain
  ids: Ids
  /** Variation of job times. */
  random: Random
  nonces: Nonces
  mpp: MppChallenger
  jobs: JobStore
  assets: AssetStore
  uploads: UploadStore
}

export function createWorld(settings: Settings): World {
  const { clock, network, seed } = settings
  return {
    settings,
    chain: createChain(network, clock),
    ids: createIds(seed),
    random: createRandom(seed + 1),
    nonces: createNonces(),
    mpp: createMppChallenger(),
    jobs: createJobStore(),
    assets: createAssetStore(clock),
    uploads: createUploadStore(),
  }
}
