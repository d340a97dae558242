// The real counterpart in one piece: node, facilitator and service, each over HTTP on a free port.
import { type RealChain, startChain } from './chain.ts'
import { type Facilitator, startFacilitator } from './facilitator.ts'
import { type FetchHandler, type Served, serve } from './http.ts'
import { createService, type Environment, type Service, type ServiceOptions } from './service.ts'
import { type RealSolana, startSolana } from './solana-chain.ts'

const solanaPayee = 'HqpEDUY3kV423fSAv7iaY3cQiz8qN8qEuGqLsG4s6h2c'

export type RealStack = {
  url: string
  chain: RealChain
  solana: RealSolana
  facilitator: Facilitator
  service: Service
  close(): Promise<void>
}

/** @param env what the router is to read beside the defaults; `MPP_SECRET_KEY: undefined` turns MPP off. */
export async function startRealStack(
  price: ServiceOptions['price'],
  env: Environment = {},
): Promise<RealStack> {
  const running: { close(): void | Promise<void> }[] = []
  const close = async () => {
    for (const one of running.reverse()) await one.close()
  }
  const keep = <kept extends { close(): void | Promise<void> }>(one: kept): kept => {
    running.push(one)
    return one
  }
  try {
    const chain = keep(await startChain())
    const solana = keep(await startSolana())
    await solana.fund(solanaPayee, '0')
    const facilitator = keep(await startFacilitator(chain, solana))
    let handler: FetchHandler = async () => new Response(null, { status: 503 })
    const served: Served = keep(await serve((request) => handler(request)))
    const service = createService({ price, env: { ...defaults(served.url, facilitator.url), ...env } })
    handler = service.fetch
    return { url: served.url, chain, solana, facilitator, service, close }
  } catch (error) {
    await close()
    throw error
  }
}

function defaults(url: string, facilitatorUrl: string) {
  // The router wants these two in the process's environment, whatever it is given; nothing reads what they hold.
  process.env.CDP_API_KEY_ID = 'none'
  process.env.CDP_API_KEY_SECRET = 'none'
  process.env.X402_FACILITATOR_URL = facilitatorUrl
  return {
    BASE_URL: url,
    CDP_API_KEY_ID: 'none',
    CDP_API_KEY_SECRET: 'none',
    EVM_PAYEE_ADDRESS: '0x07F067959297767c887dbfA3C72379c66E82a045',
    SOLANA_PAYEE_ADDRESS: solanaPayee,
    SOLANA_FACILITATOR_URL: facilitatorUrl,
    MPP_SECRET_KEY: 'a secret of these tests and of nothing else',
    MPP_CURRENCY: '0x20c000000000000000000000b9537d11c60e8b50',
    // Nothing listens there: a challenge needs no chain, and what pays names another node.
    TEMPO_RPC_URL: 'http://127.0.0.1:9',
  }
}
