// The tools for a host on this machine, which starts this process and talks to it over stdin and stdout.
import { type McpOptions, readOptions } from './options.ts'
import { McpServer, StdioServerTransport, serving } from './protocol.ts'
import { createRuntime, type Runtime } from './runtime.ts'
import { instructions, register } from './tools.ts'
import { version } from './version.ts'

/** A server on stdin and stdout. */
export type StdioServer = {
  /** Ends it: as if the host had closed stdin. */
  close(): Promise<void>
  /**
   * Resolves when the host has closed stdin, and the payments on their way have been answered or 3 s have passed. Then the
   * process may exit: what is not answered is in the ledger, and found at the next start.
   */
  closed: Promise<void>
}

const lastMs = 3_000
const recoverMs = 20_000

/** A server with the tools, which speaks the protocol of 2025 and that of 2026. */
export function createServer(runtime: Runtime): McpServer {
  const server = new McpServer({ name: 'stablestudio', title: 'StableStudio', version }, { instructions })
  register(server, runtime)
  return server
}

/** Settles what a process before left open. Signs nothing. */
export function recoverOpen({ settings }: Runtime): void {
  settings.client.recover({ timeout: recoverMs }).catch(() => {})
}

/**
 * Serves the tools over stdin and stdout, to a host that started this process: Claude Desktop, Cursor and others. Nothing
 * else may be written to stdout. Each `generate` pays at most once, within the client's limits.
 *
 * @throws {InvalidInputError} listing every problem with the options.
 * @example
 * import { StableStudioClient } from 'stablestudio'
 * import { serveStdio } from 'stablestudio/mcp'
 * import { sqliteStore } from 'stablestudio/sqlite'
 *
 * const client = new StableStudioClient({ wallet, limits: { perCall: '1', perDay: '5' }, store: sqliteStore('ledger.db') })
 * await serveStdio({ client, askAbove: '0.50' }).closed
 * process.exit(0)
 */
export function serveStdio(options: McpOptions): StdioServer {
  const runtime = createRuntime(readOptions(options))
  const transport = new StdioServerTransport(process.stdin, process.stdout)
  const ended = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve).once('close', resolve)
    process.stdout.once('error', () => resolve())
  })
  const server = serving.stdio(() => createServer(runtime), { transport })
  recoverOpen(runtime)
  let stop = () => {}
  const stopped = new Promise<void>((resolve) => {
    stop = resolve
  })
  const closed = Promise.race([ended, stopped]).then(async () => {
    await server.close().catch(() => {})
    await runtime.payments.idle(lastMs)
  })
  return {
    closed,
    close() {
      stop()
      return closed
    },
  }
}
