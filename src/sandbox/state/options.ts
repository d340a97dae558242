// The options of a sandbox: validated at once, with every problem in one error. Defaults live here.
import { type Address, isAddress } from 'viem'
import { invalidOptions } from '../../errors/invalid-options.ts'
import {
  type Check,
  checkFlag,
  checkFunction,
  checkOptions,
  checkThat,
  checkWord,
  hasMethods,
} from '../../internal/check.ts'
import { nap } from '../../internal/time.ts'
import { usdcAssets } from '../../x402/assets.ts'
import { createInstant } from './instant.ts'
import type { SandboxClock, SandboxOptions } from './types.ts'

/** The payees of the live service. */
const livePayee = '0x07F067959297767c887dbfA3C72379c66E82a045'
export const solanaPayee = 'HqpEDUY3kV423fSAv7iaY3cQiz8qN8qEuGqLsG4s6h2c'

/** Options with their defaults. */
export type Settings = ReturnType<typeof readOptions>

const checks: Record<keyof SandboxOptions, Check> = {
  instant: checkFlag,
  clock: checkThat(
    (value) => hasMethods(value, ['now', 'advance']),
    'must have the functions now() and advance(ms)',
  ),
  speed: checkThat((value) => Number.isFinite(value) && Number(value) > 0, 'must be a number above 0'),
  network: checkWord('network', Object.keys(usdcAssets)),
  payTo: checkThat(isEvmAddress, 'must be an EVM address'),
  price: checkFunction,
  settleMs: checkThat(
    (value) => Number.isFinite(value) && Number(value) >= 0,
    'must be a number of ms, 0 or more',
  ),
  seed: checkThat(Number.isSafeInteger, 'must be an integer'),
}

/** @throws {InvalidInputError} `invalid_config`, listing every problem. */
export function readOptions(options: SandboxOptions = {}) {
  const issues = checkOptions(options, checks)
  if (issues.length > 0) throw invalidOptions('sandbox', issues)
  const { instant = false } = options
  const clock = options.clock ?? createSystemClock()
  const held = instant ? createInstant(clock) : undefined
  return {
    clock: held?.own ?? clock,
    /** How an instant sandbox tells its client the time. */
    instant: held,
    /** Waits on a real timer, unless the sandbox is instant. */
    pause: (ms: number, signal?: AbortSignal) => (instant || ms === 0 ? Promise.resolve() : nap(ms, signal)),
    speed: instant ? Number.POSITIVE_INFINITY : (options.speed ?? 1),
    network: options.network ?? 'eip155:8453',
    payTo: options.payTo ?? livePayee,
    price: options.price,
    settleMs: options.settleMs ?? 0,
    seed: options.seed ?? 1,
  }
}

/** An EVM address in any spelling that viem accepts. */
export function isEvmAddress(value: unknown): value is Address {
  return typeof value === 'string' && isAddress(value)
}

/** System time, plus everything that `advance()` added. */
function createSystemClock(): SandboxClock {
  let added = 0
  return {
    now: () => Date.now() + added,
    advance(ms) {
      if (!Number.isFinite(ms) || ms < 0)
        throw invalidOptions('sandbox', [{ path: 'advance', message: 'must be a number of ms, 0 or more' }])
      added += ms
    },
  }
}
