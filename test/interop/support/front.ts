// A relay in front of a service: what happens on the wire happens to both services alike.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { readBody } from '../real/http.ts'

export type Front = {
  url: string
  /** Where it relays to, once that is known: a service has to know its address before it starts. */
  target: string
  /** The next answer to a request with a payment is read to its end, and then the connection is cut. */
  cutNextPaidAnswer(): void
  close(): Promise<void>
}

export async function startFront(): Promise<Front> {
  let cut = false
  const server = createServer(async (incoming, outgoing) => {
    try {
      const answer = await relay(front.target, incoming)
      const isPaid = incoming.headers['payment-signature'] !== undefined
      if (cut && isPaid) {
        cut = false
        outgoing.destroy()
        return
      }
      write(outgoing, answer)
    } catch {
      outgoing.destroy()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('no address')
  const front: Front = {
    url: `http://127.0.0.1:${address.port}`,
    target: '',
    cutNextPaidAnswer() {
      cut = true
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return front
}

type Answer = { status: number; headers: IncomingMessage['headers']; body: Uint8Array }

/** The `Host` header goes on as it is, so the service sees its clients' address as its own. */
async function relay(target: string, incoming: IncomingMessage): Promise<Answer> {
  const body = await readBody(incoming)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const { method, headers, url } = incoming
    const outgoing = request(new URL(url ?? '/', target), { method, headers, agent: false }, resolve)
    outgoing.once('error', reject)
    outgoing.end(body)
  })
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await readBody(answer) }
}

function write(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  const { 'transfer-encoding': _chunks, connection: _connection, ...rest } = headers
  outgoing.writeHead(status, rest)
  outgoing.end(body)
}
