// `mcp`: the tools for agents over stdin and stdout, on this machine's wallet, ledger and limits.
import { resolve } from 'node:path'
import { serveStdio } from '../../entries/mcp.ts'
import { openStudio } from '../../local/open-studio.ts'
import { exits } from '../exit-codes.ts'
import type { Flags } from '../flags.ts'
import { findAccount, openSettings } from '../session.ts'

type McpFlags = Flags & {
  perCall?: string
  perDay?: string
  total?: string
  askAbove?: string
  outputDir?: string
  inputDir?: string[]
  allowOperation?: string[]
}

export async function mcp(flags: McpFlags): Promise<number> {
  // stdin belongs to the host: no password is ever asked for there.
  const { ui, places, config } = await openSettings({ ...flags, input: false })
  const account = await findAccount(flags, ui, places, config)
  const { perCall, perDay, total, service, rpc } = flags
  const limits = { ...(perCall && { perCall }), ...(perDay && { perDay }), ...(total && { total }) }
  const client = openStudio({ places, config, service, rpc, limits, pays: account?.pays })
  const output = flags.outputDir ?? config.output
  const server = serveStdio({
    client,
    ...(account && { address: account.address }),
    ...(output !== undefined && { outputFolder: resolve(output) }),
    ...(flags.inputDir && { inputFolders: flags.inputDir.map((folder) => resolve(folder)) }),
    ...(flags.allowOperation && { operations: flags.allowOperation }),
    ...{ askAbove: flags.askAbove ?? config.askAbove },
  })
  const stop = () => void server.close()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  await server.closed
  await client.close().catch(() => {})
  // A wait for a job may still be running: the job is in the ledger.
  process.exit(exits.done)
}
