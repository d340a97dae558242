// What the tools work with: the owner's options, checked at once.
import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, parse, relative, resolve } from 'node:path'
import type { Output, StableStudioClient } from '../index.ts'
import { InvalidInputError } from '../index.ts'
import {
  type Check,
  checkFunction,
  checkInteger,
  checkOptions,
  checkThat,
  checkUsd,
  hasMethods,
} from '../internal/check.ts'
import { checkText } from '../internal/kind.ts'

/** What an agent may do, and with what. No tool changes any of it. */
export type McpOptions = {
  /**
   * The client that pays. Give it `limits` and a durable `store`: they are what holds an agent, and what makes a call
   * that is repeated after a restart the same payment.
   */
  client: StableStudioClient
  /**
   * Where outputs are saved, as an absolute path. It also keeps which job is in which file, in a folder of the name
   * `.stablestudio`.
   * @default `Pictures/stablestudio` in the home folder
   */
  outputFolder?: string | undefined
  /**
   * Saves an output in another way than into `outputFolder`, and resolves to where it is: a path or a URL. Which job was
   * saved where is then remembered as long as the process runs.
   *
   * @param name what the agent wants it to be called: checked, without an extension.
   */
  save?: ((output: Output, name?: string) => Promise<string>) | undefined
  /**
   * Folders, as absolute paths, whose pictures, videos and sounds may be used as inputs: they are uploaded to the service.
   * Beside them always `outputFolder`.
   * @default the working folder, unless it is the root or the home folder; for `createMcpHandler` none
   */
  inputFolders?: readonly string[] | undefined
  /** How long a call of a tool may take, payment included, ms. Hosts give up after 60 s. @default 45_000 */
  waitMs?: number | undefined
  /** The only operations that may be used. @default all */
  operations?: readonly string[] | undefined
  /**
   * From this price on, uploads included, a person is asked: a USD decimal string. Without a host that can ask, nothing
   * is paid then.
   * @default never
   */
  askAbove?: string | undefined
  /** The wallet's address, told to people and agents. @default not told */
  address?: string | undefined
  /**
   * At least 32 characters. Seals what a client carries between the question to a person and the payment. To be set when
   * several processes answer one client.
   * @default random
   */
  secret?: string | undefined
}

/** {@link McpOptions} with their defaults. */
export type Settings = Omit<McpOptions, 'inputFolders' | 'outputFolder' | 'operations' | 'waitMs'> & {
  outputFolder: string
  inputFolders: readonly string[]
  operations: readonly string[] | undefined
  waitMs: number
}

const checkFolder: Check = (value) =>
  checkText(value) ?? (isAbsolute(String(value)) ? undefined : 'must be an absolute path')

const checkList =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) ? value.map(check).find((problem) => problem) : 'must be a list'

const checks: Record<keyof McpOptions, Check> = {
  // Not `instanceof`: it may be of the other build of this package.
  client: checkThat(
    (value) => hasMethods(value, ['quote', 'submit', 'wait']),
    'must be a StableStudioClient',
  ),
  outputFolder: checkFolder,
  save: checkFunction,
  inputFolders: checkList(checkFolder),
  waitMs: checkInteger(100, 600_000),
  operations: checkList(checkText),
  askAbove: checkUsd,
  address: checkText,
  secret: checkThat(
    (value) => typeof value === 'string' && value.length >= 32,
    'must be a string of at least 32 characters',
  ),
}

/**
 * @param others checks of options that only one way to serve has.
 * @param local whether who calls the tools works on this machine.
 * @throws {InvalidInputError} listing every problem.
 */
export function readOptions(
  options: McpOptions,
  others: Readonly<Record<string, Check>> = {},
  local = true,
): Settings {
  // What is `undefined` counts as not given, which a client must be.
  const given: Partial<McpOptions> = typeof options === 'object' ? options : {}
  const issues = checkOptions({ ...given, client: given.client ?? null }, { ...checks, ...others })
  if (issues.length > 0)
    throw new InvalidInputError('Invalid options of the tools.', {
      code: 'invalid_config',
      issues,
      hint: 'Correct the options above.',
    })
  const { client, save, askAbove, address, secret, operations, waitMs = 45_000 } = options
  const outputFolder = resolve(options.outputFolder ?? join(homedir(), 'Pictures', 'stablestudio'))
  const inputFolders = options.inputFolders ?? (local ? workingFolder() : [])
  return {
    ...{ client, save, askAbove, address, secret, operations, waitMs, outputFolder },
    inputFolders: [...inputFolders, outputFolder],
  }
}

/** A host may start a server in the root, in the home folder or above it: all files of the owner. */
function workingFolder(): string[] {
  const folder = process.cwd()
  const way = relative(folder, realHome())
  const holdsHome = !way.startsWith('..') && !isAbsolute(way)
  return holdsHome || parse(folder).root === folder ? [] : [folder]
}

/** The working folder is told without links, so the home folder is compared that way. */
function realHome(): string {
  try {
    return realpathSync(homedir())
  } catch {
    return homedir()
  }
}
