// The client of this server: its own wallet, with limits, and a ledger that survives a restart.
import { headers } from 'next/headers'
import { StableStudioClient } from 'stablestudio'
import { sqliteStore } from 'stablestudio/sqlite'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { sandbox } from './service.ts'

const kept = globalThis as { stablestudioServer?: StableStudioClient }

export async function serverStudio(): Promise<StableStudioClient> {
  kept.stablestudioServer ??= await createServerStudio()
  return kept.stablestudioServer
}

async function createServerStudio(): Promise<StableStudioClient> {
  const memory = sandbox()
  const key = process.env.PRIVATE_KEY as `0x${string}` | undefined
  const wallet = privateKeyToAccount(memory ? generatePrivateKey() : required(key))
  const limits = { perCall: '0.25', perDay: '5', total: '50' }
  if (!memory) return new StableStudioClient({ wallet, limits, store: sqliteStore('payments.db') })
  memory.fund(wallet.address, '10')
  const origin = `http://${(await headers()).get('host')}`
  return new StableStudioClient({ wallet, limits, origin, baseUrl: origin, fetch: memory.fetch })
}

function required(key: `0x${string}` | undefined): `0x${string}` {
  if (!key) throw new Error('Set PRIVATE_KEY to the key of the wallet that pays, or STABLESTUDIO=sandbox.')
  return key
}
