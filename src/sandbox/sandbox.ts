// StableStudio in memory: makes a sandbox from its options.
import { invalidOptions } from '../errors/invalid-options.ts'
import { decode58 } from '../internal/base58.ts'
import { instantKey } from '../internal/time.ts'
import { formatUsd, parseUsd } from '../internal/usd.ts'
import { tempoNetwork } from '../methods/mpp/currencies.ts'
import { stepOf } from './routes/router.ts'
import { createRandom } from './state/ids.ts'
import { toSandboxJob } from './state/jobs.ts'
import { isEvmAddress, readOptions } from './state/options.ts'
import type { Sandbox, SandboxNetwork, SandboxOptions } from './state/types.ts'
import { createWorld } from './state/world.ts'
import { exchange } from './wire/exchange.ts'
import { createFaults } from './wire/faults.ts'
import { createFetch, type Handle } from './wire/fetch.ts'
import { createRequestLog } from './wire/request-log.ts'
import { listen } from './wire/serve.ts'

/**
 * StableStudio in memory: on the wire, prices, payments, jobs, sign-in, uploads and files behave like the service, with
 * USDC that exists only here. No request leaves the process. Verifies payments of EOAs by x402 on one EVM network and on
 * Solana, and by MPP on Tempo; `/rpc`, `/rpc/solana` and `/rpc/tempo` answer for the chains.
 *
 * @throws {InvalidInputError} `invalid_config`, listing every wrong option.
 * @example
 * import { StableStudioClient } from 'stablestudio'
 * import { createSandbox } from 'stablestudio/sandbox'
 * import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
 *
 * const wallet = privateKeyToAccount(generatePrivateKey())
 * const sandbox = createSandbox({ speed: 100 })
 * sandbox.fund(wallet.address, '5')
 *
 * const studio = new StableStudioClient({ wallet, fetch: sandbox.fetch })
 * const image = await studio.run('gpt-image-1.5/generate', { prompt: 'a lighthouse at dusk' })
 */
export function createSandbox(options?: SandboxOptions): Sandbox {
  const settings = readOptions(options)
  const { clock, seed } = settings
  const world = createWorld(settings)
  const log = createRequestLog()
  const chainOf = (network: SandboxNetwork) => {
    if (network === world.chain.network) return world.chain
    if (network === tempoNetwork) return world.tempo
    if (network === world.solana.network) return world.solana
    const message = `must be ${world.chain.network}, ${world.solana.network} or ${tempoNetwork}`
    throw invalidOptions('sandbox', [{ path: 'network', message }])
  }
  const networkOf = (address: string): SandboxNetwork =>
    decode58(address, 32) ? (world.solana.network as SandboxNetwork) : settings.network
  const { faults, strike } = createFaults(createRandom(seed + 2))
  const handle: Handle = async (incoming, signal) => {
    const step = stepOf(incoming)
    const struck = step && strike(step)
    // With a refused connection no request arrives.
    const answered = struck?.kind === 'refused' ? undefined : log.add(incoming, clock.now())
    const outcome = await exchange(world, incoming, struck, signal)
    if ('answer' in outcome) answered?.(outcome.answer.status)
    return outcome
  }
  return {
    fetch: Object.assign(createFetch(handle, settings.instant !== undefined), {
      [instantKey]: settings.instant,
    }),
    fund(address, usd, network = networkOf(address)) {
      const amount = parseUsd(usd)
      const onSolana = network.startsWith('solana:')
      if (onSolana ? !decode58(address, 32) : !isEvmAddress(address)) {
        const message = `must be an address of ${onSolana ? 'Solana' : 'an EVM chain'}`
        throw invalidOptions('sandbox', [{ path: 'address', message }])
      }
      if (amount === undefined)
        throw invalidOptions('sandbox', [
          { path: 'usd', message: "must be USD as a decimal string, such as '5'" },
        ])
      chainOf(network).mint(address, amount)
    },
    balance: (address, network = networkOf(address)) => formatUsd(chainOf(network).balanceOf(address)),
    settlements: () =>
      [world.chain, world.tempo, world.solana]
        .flatMap((chain) => chain.settlements())
        .sort((a, b) => (a.settledAt < b.settledAt ? -1 : Number(a.settledAt > b.settledAt))),
    jobs: () => [...world.jobs.values()].map((job) => toSandboxJob(job, clock.now())),
    requests: () => log.all(),
    faults,
    clock,
    listen: (where) => listen(handle, where),
  }
}
