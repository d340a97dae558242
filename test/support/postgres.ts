// A real PostgreSQL on a free port of this machine, started by the test and ended by its own handle.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { freePort } from './redis.ts'

export type PostgresServer = { url: string; close(): Promise<void> }

/** Debian keeps its programs out of the path. */
function folderOfPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).map((version) => `${debian}/${version}/bin`) : []
  return [...versions, '/usr/local/bin', '/usr/bin'].find((folder) => existsSync(`${folder}/initdb`))
}

/** PostgreSQL refuses to run as root. */
function userOfServer(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

/** Whether PostgreSQL is installed; says so once when it is not. */
export function hasPostgres(): boolean {
  if (folderOfPrograms()) return true
  process.stdout.write('No PostgreSQL is installed here, so the tests on it are skipped.\n')
  return false
}

export async function startPostgres(): Promise<PostgresServer> {
  const programs = folderOfPrograms() ?? ''
  const user = userOfServer()
  const folder = await mkdtemp(join(tmpdir(), 'stablestudio-postgres-'))
  chmodSync(folder, 0o700)
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const options = { ...user, cwd: folder, stdio: 'ignore' } as const
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'test', '-A', 'trust', '-N'], options)
  const port = await freePort()
  const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`]
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-p', `${port}`, ...settings, '-c', 'max_connections=200'],
    options,
  )
  const url = `postgres://test@127.0.0.1:${port}/postgres`
  await answers(url, server)
  return {
    url,
    async close() {
      const gone = once(server, 'exit')
      // Fast shutdown: connections are ended.
      server.kill('SIGINT')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  for (;;) {
    const client = new Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      if (server.exitCode !== null) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
