// The options of a sandbox: validated at once, with every problem in one error. Defaults live here.
import { type Address, isAddress } from 'viem'
import {
  type Check,
  checkFunction,
  checkOneOf,
  checkOptions,
  checkThat,
  hasMethods,
} from '../../internal/check.ts'
import { usdcAssets, type X402Network } from '../../x402/assets.ts'
import { invalidConfig } from './invalid.ts'
import type { SandboxClock, SandboxOptions } from './types.ts'

/** The payee of the live service. */
const livePayee = '0x07F067959297767c887dbfA3C72379c66E82a045'

/** Options with their defaults. */
export type Settings = {
  clock: SandboxClock
  speed: number
  network: X402Network
  payTo: Address
  price: NonNullable<SandboxOptions['price']> | undefined
  settleMs: number
  seed: number
}

const checks: Record<keyof SandboxOptions, Check> = {
  clock: checkThat(
    (value) => hasMethods(value, ['now', 'advance']),
    'must have the functions now() and advance(ms)',
  ),
  speed: checkThat((value) => Number.isFinite(value) && Number(value) > 0, 'must be a number above 0'),
  network: checkOneOf(Object.keys(usdcAssets)),
  payTo: checkThat(isEvmAddress, 'must be an EVM address'),
  price: checkFunction,
  settleMs: checkThat(
    (value) => Number.isFinite(value) && Number(value) >= 0,
    'must be a number of ms, 0 or more',
  ),
  seed: checkThat(Number.isSafeInteger, 'must be an integer'),
}

/** @throws {InvalidInputError} `invalid_config`, listing every problem. */
export function readOptions(options: SandboxOptions = {}): Settings {
  const issues = checkOptions(options, checks)
  if (issues.length > 0) throw invalidConfig(issues)
  return {
    clock: options.clock ?? createSystemClock(),
    speed: options.speed ?? 1,
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
        throw invalidConfig([{ path: 'advance', message: 'must be a number of ms, 0 or more' }])
      added += ms
    },
  }
}
