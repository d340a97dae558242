// A fetch handler on a free port of 127.0.0.1.
import { createServer, type IncomingMessage } from 'node:http'

export type FetchHandler = (request: Request) => Promise<Response>

export type Served = { url: string; close(): Promise<void> }

export async function serve(handler: FetchHandler): Promise<Served> {
  const server = createServer(async (incoming, outgoing) => {
    try {
      const response = await handler(await toRequest(incoming))
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      outgoing.end(new Uint8Array(await response.arrayBuffer()))
    } catch {
      outgoing.destroy()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('no address')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export async function readBody(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  return Uint8Array.from(Buffer.concat(chunks))
}

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value))
  const { method = 'GET', url = '/' } = incoming
  const body = ['GET', 'HEAD'].includes(method) ? null : await readBody(incoming)
  return new Request(`http://${incoming.headers.host}${url}`, { method, headers, body })
}
