// Tools on a sandbox, with a real client of the MCP library in each era of the protocol: that of 2025 over a pair of
// streams, that of 2026 over HTTP.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { InMemoryTransport, McpServer } from '@modelcontextprotocol/server'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll } from 'vitest'
import { addTools, createMcpHandler, type McpOptions } from '../../src/entries/mcp.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { type ClientOptions, StableStudioClient } from '../../src/index.ts'
import type { Studio } from './studio.ts'

export type Era = '2025' | '2026'
export const eras: readonly Era[] = ['2025', '2026']

/** What a person answers, or `undefined` for a host that cannot ask. */
export type Person = (message: string) => { action: string; content?: object } | Promise<never>

/** What a tool said: its object, and its blocks. */
export type Said = {
  json: Record<string, unknown>
  isError: boolean
  blocks: Record<string, unknown>[]
  text: string
}

export type Agent = {
  call(name: string, given?: object, options?: { timeout?: number; signal?: AbortSignal }): Promise<Said>
  client: Client
}

export type Tools = Studio & { agent: Agent; folder: string; connect(person?: Person): Promise<Agent> }

const made: string[] = []
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stablestudio-mcp-'))
  made.push(folder)
  return folder
}

type Given = {
  era?: Era
  person?: Person
  client?: ClientOptions
  sandbox?: Parameters<typeof createSandbox>[0]
}

/** An agent with tools on a fresh sandbox, where a generation takes milliseconds. */
export async function createTools(options: Partial<McpOptions> = {}, given: Given = {}): Promise<Tools> {
  const { era = '2026', person, client } = given
  const sandbox = createSandbox(given.sandbox ?? { instant: true })
  const wallet = privateKeyToAccount(generatePrivateKey())
  sandbox.fund(wallet.address, '10')
  const limits = { perCall: '1', perDay: '5' }
  // Not counted: an instant sandbox is known by its fetch.
  const studio = new StableStudioClient({ wallet, limits, fetch: sandbox.fetch, ...client })
  const folder = options.outputFolder ?? makeFolder()
  const all: McpOptions = { client: studio, outputFolder: folder, inputFolders: [], ...options }
  const connect = (someone?: Person) => connectAgent(all, era, someone)
  return { studio, sandbox, wallet, folder, connect, agent: await connect(person) }
}

export async function connectAgent(options: McpOptions, era: Era, person?: Person): Promise<Agent> {
  const capabilities = person ? { capabilities: { elicitation: { form: {} } } } : {}
  const mode = era === '2025' ? 'legacy' : 'auto'
  const client = new Client(
    { name: 'test', version: '1.0.0' },
    { ...capabilities, versionNegotiation: { mode } },
  )
  if (person)
    client.setRequestHandler(
      'elicitation/create',
      async ({ params }) => (await person(params.message)) as never,
    )
  if (era === '2025') {
    const [near, far] = InMemoryTransport.createLinkedPair()
    const server = new McpServer({ name: 'own', version: '1.0.0' })
    addTools(server, options)
    await Promise.all([server.connect(far), client.connect(near)])
  } else {
    const handle = createMcpHandler({ ...options, authorize: () => true })
    const fetch = async (url: URL | string, init?: RequestInit) => handle(new Request(url, init))
    await client.connect(new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), { fetch }))
  }
  return agentOf(client)
}

export function agentOf(client: Client): Agent {
  return {
    client,
    async call(name, given = {}, options = {}) {
      const result = await client.callTool({ name, arguments: given as Record<string, unknown> }, options)
      const blocks = result.content as Record<string, unknown>[]
      const text = String(blocks[0]?.text)
      return { json: readJson(text), isError: result.isError === true, blocks, text }
    },
  }
}

function readJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return { notJson: text }
  }
}

/** A picture for a cent. */
export const cheap = {
  operation: 'gpt-image-1.5/generate',
  input: { prompt: 'a lighthouse at dusk', quality: 'low' },
}

/** A picture that takes 3 s, for sandboxes where time passes: the client waits as long as such a picture takes. */
export const quick = { operation: 'grok/generate', input: { prompt: 'a lighthouse at dusk' } }
