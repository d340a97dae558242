// Options of a sandbox: checked at once, every problem in one error, defaults filled in.
import { type Address, isAddress } from 'viem'
import type { InputIssue } from '../../errors.ts'
import { isRecord } from '../../internal/json.ts'
import { assetOf, usdcAssets, type X402Network } from '../../x402/assets.ts'
import { createSystemClock } from './clock.ts'
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

type Check = [message: string, passes: (value: unknown) => boolean]

const checks: Record<keyof SandboxOptions, Check> = {
  clock: ['must have the functions now() and advance(ms)', isClock],
  speed: ['must be a number above 0', (value) => isNumber(value) && Number(value) > 0],
  network: [
    `must be one of ${Object.keys(usdcAssets).join(', ')}`,
    (value) => assetOf(String(value)) !== undefined,
  ],
  payTo: ['must be an EVM address', isEvmAddress],
  price: ['must be a function', (value) => typeof value === 'function'],
  settleMs: ['must be a number of ms, 0 or more', (value) => isNumber(value) && Number(value) >= 0],
  seed: ['must be an integer', (value) => Number.isSafeInteger(value)],
}

/** @throws {InvalidInputError} `invalid_config`, listing every problem. */
export function readOptions(options: SandboxOptions = {}): Settings {
  if (!isRecord(options)) throw invalidConfig([{ path: '', message: 'options must be an object' }])
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const issues = given.flatMap(([name, value]) => checkOption(name, value))
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

/** An EVM address in any spelling that viem takes. */
export function isEvmAddress(value: unknown): value is Address {
  return typeof value === 'string' && isAddress(value)
}

function checkOption(path: string, value: unknown): InputIssue[] {
  if (!Object.hasOwn(checks, path)) return [{ path, message: 'unknown option' }]
  const [message, passes] = checks[path as keyof SandboxOptions]
  return passes(value) ? [] : [{ path, message }]
}

function isClock(value: unknown): boolean {
  return isRecord(value) && typeof value.now === 'function' && typeof value.advance === 'function'
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}
