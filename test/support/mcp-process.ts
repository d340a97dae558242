// A spawned server of the tools and a client of the MCP library that talks to it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Client, type JSONRPCMessage, type Transport } from '@modelcontextprotocol/client'
import { ReadBuffer, serializeMessage } from '@modelcontextprotocol/server'
import { type Agent, agentOf, type Era, type Person } from './mcp.ts'
import type { ServerOrder } from './mcp-server.ts'

export type Served = {
  agent: Agent
  process: ChildProcess
  /** Everything on stdout and stderr. */
  said: { out: string; err: string }
  /** Resolves once it stopped where it was told to, or ended. */
  stopped: Promise<void>
  ended: Promise<number | null>
  kill(): Promise<void>
}

/** Starts a server (bundled by `bundlePayer`), and connects to it. */
export async function serve(
  script: string,
  order: ServerOrder,
  { era = '2026', person, env }: { era?: Era; person?: Person; env?: Record<string, string> } = {},
): Promise<Served> {
  const child = spawn(process.execPath, [script], {
    env: {
      PATH: process.env.PATH,
      ORDER: JSON.stringify(order),
      NODE_COMPILE_CACHE: `${script}.cache`,
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    said.out += chunk
  })
  const stopped = new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk) => {
      said.err += chunk
      if (said.err.includes('STOPPED')) resolve()
    })
    child.once('close', () => resolve())
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const client = new Client(
    { name: 'host', version: '1' },
    {
      ...(person && { capabilities: { elicitation: { form: {} } } }),
      versionNegotiation: { mode: era === '2025' ? 'legacy' : 'auto' },
    },
  )
  if (person)
    client.setRequestHandler(
      'elicitation/create',
      async ({ params }) => (await person(params.message)) as never,
    )
  // One that stops while it starts answers nothing.
  await Promise.race([client.connect(transportOf(child)), stopped]).catch(() => {})
  return {
    ...{ agent: agentOf(client), process: child, said, stopped, ended },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Not the library's own transport, which kills the process when it closes. */
function transportOf(child: ChildProcess): Transport {
  const buffer = new ReadBuffer()
  const transport: Transport = {
    async start() {
      child.stdout?.on('data', (chunk: Buffer) => {
        buffer.append(chunk)
        for (let message = buffer.readMessage(); message; message = buffer.readMessage())
          transport.onmessage?.(message as JSONRPCMessage)
      })
      child.once('close', () => transport.onclose?.())
      child.stdin?.on('error', () => {})
    },
    async send(message) {
      child.stdin?.write(serializeMessage(message as never))
    },
    async close() {
      child.stdin?.end()
    },
  }
  return transport
}
