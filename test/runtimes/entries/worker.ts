// The flow in a Worker: no files, no Node, one request that plays it all.
import * as ai from 'ai'
import * as core from 'stablestudio'
import * as provider from 'stablestudio/ai'
import * as sandbox from 'stablestudio/sandbox'
import * as siwx from 'stablestudio/siwx'
import * as solana from 'stablestudio/solana'
import * as x402 from 'stablestudio/x402'
// Only in the bundle: the CommonJS build beside the ESM one.
import * as other from 'stablestudio-commonjs'
import * as accounts from 'viem/accounts'
import { aiSdk } from '../flow/ai-sdk.ts'
import { play } from '../flow/play.ts'

// biome-ignore lint/style/noDefaultExport: workers are default exports
export default {
  async fetch(request: Request): Promise<Response> {
    const { baseUrl, control } = (await request.json()) as { baseUrl: string; control: string }
    const store = core.memoryStore()
    const openStore = () => store
    const rig = {
      core,
      sandbox,
      solana,
      x402,
      siwx,
      accounts,
      other,
      baseUrl,
      origin: baseUrl,
      control,
      openStore,
    }
    return Response.json(await play({ ...rig, extra: [aiSdk(ai, provider)] }))
  },
}
