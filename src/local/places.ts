// Where this machine keeps the ledger, the wallets and the settings of the command and the MCP server.
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

export type Places = {
  /** The file with the settings. */
  config: string
  /** The one ledger of this machine, so that its limits count together. */
  ledger: string
  /** The folder of the wallet files. */
  keystores: string
  /** The folder of the wallet files of Foundry (`cast`), which are read and never written. */
  foundry: string
}

type Env = Readonly<Record<string, string | undefined>>
type System = { env: Env; platform: string; home: string }

/** @param data a folder that holds everything, so that it can be tried apart. */
export function placesOf(data?: string, system: System = thisSystem()): Places {
  const foundry = join(system.home, '.foundry', 'keystores')
  const chosen = data || system.env.STABLESTUDIO_DATA || undefined
  const folder = chosen === undefined ? join(dataHome(system), 'stablestudio') : resolve(chosen)
  const settings = chosen === undefined ? join(configHome(system), 'stablestudio') : folder
  return {
    config: join(settings, 'config.json'),
    ledger: join(folder, 'ledger', 'ledger.db'),
    keystores: join(folder, 'keystores'),
    foundry,
  }
}

function thisSystem(): System {
  return { env: process.env, platform: process.platform, home: homedir() }
}

function dataHome({ env, platform, home }: System): string {
  if (platform === 'win32') return env.LOCALAPPDATA || join(home, 'AppData', 'Local')
  return (
    xdg(env.XDG_DATA_HOME) ??
    join(home, ...(platform === 'darwin' ? mac('Application Support') : ['.local', 'share']))
  )
}

function configHome({ env, platform, home }: System): string {
  if (platform === 'win32') return env.APPDATA || join(home, 'AppData', 'Roaming')
  return xdg(env.XDG_CONFIG_HOME) ?? join(home, ...(platform === 'darwin' ? mac('Preferences') : ['.config']))
}

const mac = (folder: string) => ['Library', folder]

/** Relative paths are to be ignored (XDG Base Directory Specification 0.8, "Environment variables"). */
function xdg(path: string | undefined): string | undefined {
  return path && isAbsolute(path) ? path : undefined
}
