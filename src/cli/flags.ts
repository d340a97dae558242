// The flags, each with its check: a value that could change what is paid is never guessed.
import { type Command, InvalidArgumentError, Option } from 'commander'
import { checkUsd } from '../internal/check.ts'

/** All flags by the names that commander gives them. A command reads those that it has. */
export type Flags = {
  json?: boolean
  quiet?: boolean
  /** Without `--no-input`. */
  input?: boolean | string
  data?: string
  service?: string
  account?: string
  keystore?: string
  rpc?: string
  sandbox?: boolean
  maxPrice?: string
  yes?: boolean
  key?: string
  /** Without `--no-wait`. */
  wait?: boolean
  timeout?: number
  /** Without `--no-preview`. */
  preview?: boolean
  force?: boolean
  output?: string
}

/** What every command takes. */
export function commonFlags(command: Command): Command {
  return command
    .option('--json', 'print one JSON value on stdout')
    .option('-q, --quiet', 'print no progress')
    .option('--no-input', 'ask nothing')
    .addOption(
      new Option('--data <dir>', 'keep ledger, wallets and settings in this folder').env('STABLESTUDIO_DATA'),
    )
    .addOption(
      new Option('--service <url>', 'use another service').env('STABLESTUDIO_SERVICE').argParser(url),
    )
}

/** What commands with a wallet take. */
export function walletFlags(command: Command): Command {
  return command
    .option('--account <name>', 'the account that pays')
    .option('--keystore <file>', 'the wallet file that pays')
    .addOption(
      new Option('--rpc <url>', 'the RPC that is asked, of the chain of the account')
        .env('STABLESTUDIO_RPC')
        .argParser(url),
    )
}

export function sandboxFlag(command: Command): Command {
  return command.option('--sandbox', 'play money, a throw-away wallet, no trace')
}

/** What commands that pay take. */
export function payingFlags(command: Command): Command {
  return command
    .option('--max-price <usd>', 'the most to pay for everything; agrees to prices up to it', usd)
    .option('-y, --yes', 'agree to the price')
    .option('--key <key>', 'the same key with the same input is paid for once', key)
    .option('--no-wait', 'print the job, and do not wait for it')
}

/** What commands that save files take. */
export function savingFlags(command: Command): Command {
  return command
    .option('-o, --output <path>', 'the file, or the folder for files')
    .option('-f, --force', 'overwrite the file')
    .option('--timeout <time>', 'how long to wait, such as 90s or 10m', duration)
    .option('--no-preview', 'show no picture in the terminal')
}

export function usd(text: string): string {
  const problem = checkUsd(text)
  if (problem) throw new InvalidArgumentError(`It ${problem.replace(/'/g, '')}.`)
  return text
}

function key(text: string): string {
  // Those of `-n` have a number behind it.
  if (text.length > 0 && text.length <= 250) return text
  throw new InvalidArgumentError('It must have 1 to 250 characters.')
}

export function url(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '')
  throw new InvalidArgumentError('It must be an http or https URL.')
}

const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A time such as `90s`, in ms. */
export function duration(text: string): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? []
  const ms = Number(count) * (units[unit] ?? 0)
  if (ms >= 1 && ms < 2 ** 31) return ms
  throw new InvalidArgumentError('It must be a number with a unit, such as 90s, 10m or 2h, and at most 24d.')
}

/** A moment: a date, or a time ago such as `7d`. ISO 8601. */
export function moment(text: string): string {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? []
  const isDate = /^\d{4}-\d\d-\d\d/.test(text)
  const ago = Number(count) * (units[unit] ?? 0)
  const time = count === undefined ? Date.parse(isDate ? text : '') : Date.now() - ago
  if (!Number.isNaN(time) && Math.abs(time) <= 8.64e15) return new Date(time).toISOString()
  throw new InvalidArgumentError('It must be a time ago such as 7d or 12h, or a date such as 2026-11-01.')
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (number >= min && number <= max) return number
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }
}

/** Collects a flag that may be repeated. */
export const repeated = (value: string, before: string[] = []): string[] => [...before, value]

/** Gets the exit code of the command that ran. */
export type Done = (code: number) => void

/** Help begins with how it is used. */
export function example(command: Command, text: string): Command {
  return command.addHelpText('before', `${text}\n`)
}
