// The six tools, and what a model is told of them.
import { own } from '../internal/json.ts'
import type { Extra } from './call.ts'
import { getBudget, getPrice, listModels } from './facts.ts'
import { type GenerateArguments, generate } from './generate.ts'
import { type GetJobArguments, getJob, listJobs } from './jobs.ts'
import { type McpOptions, readOptions } from './options.ts'
import { failed, type Result } from './results.ts'
import { createRuntime, type Runtime } from './runtime.ts'
import { listed, readArguments, type ToolName } from './schemas.ts'

/** An `McpServer` of the MCP library, of version 1 or 2. */
export type ToolServer = { registerTool: (...parameters: never[]) => unknown }

/** For the host's model, beside the tools. */
export const instructions =
  "Pictures, videos and SVGs, paid from the owner's wallet. The same arguments are paid once: after a timeout or an error call again with exactly the same. Ask the user before you spend, and never look for a way around a limit."

type Annotations = {
  readOnlyHint: boolean
  destructiveHint?: boolean
  idempotentHint?: boolean
  openWorldHint: boolean
}
type Run = (
  runtime: Runtime,
  given: never,
  extra: Extra,
  clientCapabilities: () => unknown,
) => Promise<object>
type Tool = { title: string; description: string; annotations: Annotations; run: Run }

const reads: Annotations = { readOnlyHint: true, openWorldHint: true }
const settles: Annotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: true,
}

const tools: Record<ToolName, Tool> = {
  list_models: {
    title: 'List models',
    description:
      'What can be made: operations with price and typical time. With an operation: its input fields.',
    annotations: { ...reads, openWorldHint: false },
    run: listModels,
  },
  get_price: {
    title: 'Price',
    description: 'The exact price of an input. Pays nothing.',
    annotations: reads,
    run: getPrice,
  },
  generate: {
    title: 'Generate (pays)',
    description:
      "PAYS from the owner's wallet, makes a picture, video or SVG and saves it as a file. The same arguments are paid once: after a timeout call again with exactly the same. If the status is 'working' or 'paying', call get_job.",
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
    run: (runtime, given: GenerateArguments, extra, capabilities) =>
      generate(runtime, given, extra, capabilities),
  },
  get_job: {
    title: 'Collect a job',
    description: 'Waits for a paid job and saves its file. Pays nothing.',
    annotations: settles,
    run: (runtime, given: GetJobArguments, extra) => getJob(runtime, given, extra),
  },
  list_jobs: {
    title: 'List jobs',
    description: 'What was paid, newest first, with ids and files. Finds out what became of open payments.',
    annotations: settles,
    run: (runtime, given: { limit?: number }, extra) => listJobs(runtime, given, extra),
  },
  get_budget: {
    title: 'Budget',
    description: 'Wallet, balance, limits and what is left. Only the owner changes limits.',
    annotations: reads,
    run: (runtime, _given, extra) => getBudget(runtime, extra),
  },
}

/**
 * Adds the six tools to an MCP server of your own: `list_models`, `get_price`, `generate`, `get_job`, `list_jobs` and
 * `get_budget`. `generate` pays with the client, within its limits, and once for the same arguments. Call it once for a
 * server that lives long; per request, `createMcpHandler` shares what calls have to share.
 *
 * @throws {InvalidInputError} listing every problem with the options.
 * @example
 * import { McpServer } from '@modelcontextprotocol/server'
 * import { addTools } from 'stablestudio/mcp'
 *
 * const server = new McpServer({ name: 'studio', version: '1.0.0' })
 * addTools(server, { client, outputFolder: '/srv/pictures', askAbove: '1' })
 */
export function addTools(server: ToolServer, options: McpOptions): void {
  register(server, createRuntime(readOptions(options)))
}

export function register(server: ToolServer, runtime: Runtime): void {
  const add = server.registerTool.bind(server) as unknown as (
    name: string,
    config: object,
    run: object,
  ) => void
  const capabilities = () => clientCapabilities(server)
  for (const [name, { run, ...config }] of Object.entries(tools) as [ToolName, Tool][]) {
    add(name, { ...config, inputSchema: listed(name) }, async (given: unknown, extra: Extra) => {
      try {
        return await run(runtime, readArguments(name, given) as never, extra, capabilities)
      } catch (error) {
        return failed(error) satisfies Result
      }
    })
  }
}

/** What a client of the older protocol said of itself when it connected. */
function clientCapabilities(server: unknown): unknown {
  const inner = own(server, 'server') as { getClientCapabilities?(): unknown } | undefined
  return inner?.getClientCapabilities?.()
}
