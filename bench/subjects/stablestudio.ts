// This client with its defaults: all checks, the ledger in memory, its own schedule.
import { StableStudioClient } from 'stablestudio'
import { type Generate, input, operation, type Setup } from '../lib/subject.ts'

export function create({ account, fetch }: Setup): Generate {
  const studio = new StableStudioClient({ wallet: account, fetch })
  return async () => (await studio.run(operation, input)).url
}
