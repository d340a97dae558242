// What the tests of HTTP share: a real server, and requests with a secret in them.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { expect } from 'vitest'
import { createHttp, type HttpRequest, type HttpResult } from '../../../src/internal/http.ts'
import { createSecrets } from '../../../src/internal/secrets.ts'

export const secret = 'c2VjcmV0LXNpZ25hdHVyZS0weGRlYWRiZWVm'
export const closers: (() => void)[] = []

/** A real server on a free port of this machine; remembers the requests that reached it. */
export async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/x`, requests }
}

export const send = (url: string, extra: Partial<HttpRequest> = {}, customFetch?: typeof fetch) =>
  createHttp(
    customFetch,
    () => {},
    createSecrets(),
  )({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', 'payment-signature': secret, 'sign-in-with-x': secret },
    body: '{"prompt":"a lighthouse"}',
    timeoutMs: 10_000,
    ...extra,
  })

/** Everything that a log could show of a result. */
export function shown(result: HttpResult): string {
  const deep = inspect(result, { depth: 20, showHidden: true, getters: true })
  const cause = result.kind === 'failure' ? result.cause : undefined
  return `${deep}${JSON.stringify(result)}${cause instanceof Error ? cause.stack : ''}`
}

export function failed(result: HttpResult) {
  if (result.kind !== 'failure') throw new Error(`expected a failure, got HTTP ${result.status}`)
  expect(shown(result)).not.toContain(secret)
  return result
}
