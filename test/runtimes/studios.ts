// The server side, in this one process: a sandbox over HTTP for each runtime, and a way to look at it and to make it fail.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Sandbox } from 'stablestudio/sandbox'

export type Studio = { url: string; control: string; sandbox: Sandbox }

export type Studios = {
  open(name: string): Promise<Studio>
  close(): Promise<void>
}

/** Jobs take a few seconds, so that there is something to wait for. */
const speed = 10

/** @param project where the package is installed that serves. */
export async function startStudios(project: string): Promise<Studios> {
  const module = pathToFileURL(join(project, 'node_modules/stablestudio/dist/entries/sandbox.js')).href
  const { createSandbox }: typeof import('stablestudio/sandbox') = await import(module)
  const opened = new Map<string, { studio: Studio; close(): Promise<void> }>()
  const server = createServer((request, response) => {
    const studio = opened.get(request.url?.slice(1) ?? '')?.studio
    answer(studio?.sandbox, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    async open(name) {
      const sandbox = createSandbox({ speed })
      const { url, close } = await sandbox.listen()
      const studio = { url, control: `http://127.0.0.1:${port}/${name}`, sandbox }
      opened.set(name, { studio, close })
      return studio
    },
    async close() {
      await Promise.all([...opened.values()].map(({ close }) => close()))
      server.closeAllConnections()
      server.close()
    },
  }
}

async function answer(
  sandbox: Sandbox | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!sandbox) throw new Error(`no sandbox at ${request.url}`)
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { fund, fault, clear } = JSON.parse(Buffer.concat(chunks).toString())
  if (fund) sandbox.fund(fund, '10')
  if (fault) sandbox.faults.add(fault)
  if (clear) sandbox.faults.clear()
  const paidRequests = sandbox.requests().filter(({ paid }) => paid).length
  const view = { settlements: sandbox.settlements(), jobs: sandbox.jobs(), paidRequests }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(view))
}
