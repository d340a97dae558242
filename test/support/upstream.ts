// A server in the service's place that writes down what reaches it, and answers as a test wants.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'

export type Seen = { method: string; url: string; headers: IncomingMessage['headers']; body: string }
export type Upstream = { url: string; seen: Seen[] }

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

const fine: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end('{"ok":true}')
}

export async function startUpstream(answer: Answer = fine): Promise<Upstream> {
  const seen: Seen[] = []
  const url = await serve(async (request, response) => {
    const { method = '', url = '', headers } = request
    let body = ''
    try {
      for await (const chunk of request) body += chunk
    } catch {
      body += '(cut off)'
    }
    seen.push({ method, url, headers, body })
    answer(request, response, body)
  })
  return { url, seen }
}

/** Serves on a free port until the test ends. */
export async function serve(
  listener: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}`
}
