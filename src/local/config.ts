// The owner's settings: which account, which limits, where files go. Read by the command and the MCP server alike.
import { readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InvalidInputError } from '../index.ts'
import { type Check, checkFields, checkOptions, checkUsd } from '../internal/check.ts'
import { isMissing, makeFolder, writeNew } from '../internal/disk.ts'
import { checkText } from '../internal/kind.ts'
import { checkUrl } from '../internal/url.ts'

export type Limit = 'perCall' | 'perDay' | 'total'

export type Config = {
  /** The account that pays if the command names none. */
  account?: string
  limits?: { [limit in Limit]?: string }
  /** Up to this price, USD, a payment needs no consent of its own. */
  askAbove?: string
  /** The folder for files if the command names none. */
  output?: string
  /** The RPC of Base that tells balances. */
  rpc?: string
}

/** What holds until the owner sets others. There is no way to have none of both. */
export const defaultLimits = { perCall: '1.00', perDay: '5.00' } as const

const checks: Record<keyof Config, Check> = {
  account: checkText,
  limits: checkFields(['perCall', 'perDay', 'total'], checkUsd),
  askAbove: checkUsd,
  output: checkText,
  rpc: checkUrl,
}

/** @throws {InvalidInputError} when the file cannot be read or is damaged: limits must not vanish with it. */
export async function readConfig(file: string): Promise<Config> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    if (isMissing(cause)) return '{}'
    throw unusable(file, [{ path: '', message: `cannot be read (${cause.code})` }])
  })
  let config: unknown
  try {
    config = JSON.parse(text)
  } catch {
    throw unusable(file, [{ path: '', message: 'is not JSON' }])
  }
  const issues = checkOptions(config, checks)
  if (issues.length > 0) throw unusable(file, issues)
  return config as Config
}

/** Changes the settings, whole or not at all. */
export async function changeConfig(file: string, change: (config: Config) => Config): Promise<Config> {
  const config = change(await readConfig(file))
  const temporary = `${file}.${process.pid}.part`
  await makeFolder(dirname(file))
  try {
    await writeNew(temporary, `${JSON.stringify(config, undefined, 2)}\n`)
    await rename(temporary, file)
  } finally {
    await rm(temporary, { force: true })
  }
  return config
}

function unusable(file: string, issues: { path: string; message: string }[]): InvalidInputError {
  return new InvalidInputError(`The settings in ${file} cannot be used.`, {
    code: 'invalid_config',
    issues,
    hint: 'Nothing was paid. Correct the file, or delete it to start with the default limits.',
  })
}
