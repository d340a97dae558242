// Entry `stablestudio/sandbox`: StableStudio in memory, for tests, examples and work without money.
import { formatUsd, parseUsd } from '../internal/usd.ts'
import { exchange } from './exchange.ts'
import { createFaults } from './faults.ts'
import { createFetch, type Handle } from './fetch.ts'
import { createRandom } from './ids.ts'
import { invalidConfig } from './invalid.ts'
import { toSandboxJob } from './jobs.ts'
import { isEvmAddress, readOptions } from './options.ts'
import { createRequestLog } from './requests.ts'
import { stepOf } from './routes.ts'
import { listen } from './serve.ts'
import type { Sandbox, SandboxOptions } from './types.ts'
import { createWorld } from './world.ts'

export type { Fault, FaultKind, FaultStep, Faults } from './faults.ts'
export type {
  Sandbox,
  SandboxClock,
  SandboxJob,
  SandboxOptions,
  SandboxRequest,
  SandboxServer,
  Settlement,
} from './types.ts'

/**
 * StableStudio in memory: prices, payments, jobs, sign-in, uploads and files behave on the wire as the service does,
 * with USDC that exists only here. No request leaves the process. Payments are verified for EOAs on one EVM network.
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
 * const image = await studio.run('gpt-image-1/generate', { prompt: 'a lighthouse at dusk' })
 */
export function createSandbox(options?: SandboxOptions): Sandbox {
  const settings = readOptions(options)
  const { clock, seed } = settings
  const world = createWorld(settings)
  const log = createRequestLog()
  const { faults, strike } = createFaults(createRandom(seed + 2))
  const handle: Handle = async (incoming, signal) => {
    const step = stepOf(incoming)
    const struck = step && strike(step)
    // A refused connection brings no request in.
    const answered = struck?.kind === 'refused' ? undefined : log.add(incoming, clock.now())
    const outcome = await exchange(world, incoming, struck, signal)
    if (outcome.kind === 'answer') answered?.(outcome.answer.status)
    return outcome
  }
  return {
    fetch: createFetch(handle),
    fund(address, usd) {
      const amount = parseUsd(usd)
      if (!isEvmAddress(address))
        throw invalidConfig([{ path: 'address', message: 'must be an EVM address' }])
      if (amount === undefined)
        throw invalidConfig([{ path: 'usd', message: "must be a USD string such as '5'" }])
      world.chain.mint(address, amount)
    },
    balance: (address) => formatUsd(world.chain.balanceOf(address)),
    settlements: () => world.chain.settlements(),
    jobs: () => world.jobs.all().map((job) => toSandboxJob(job, clock.now())),
    requests: () => log.all(),
    faults,
    clock,
    listen: (where) => listen(handle, where),
  }
}
