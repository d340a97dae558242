// Requests and answers of the sandbox: plain values, the same for fetch and for HTTP.
import { randomUuid } from '../state/ids.ts'

/** A request with its body read. */
export type Incoming = { method: string; url: URL; headers: Headers; body: Uint8Array }

/** An answer, before it becomes a `Response` or goes out over a socket. Header names are in lower case. */
export type Answer = {
  status: number
  headers: Readonly<Record<string, string>>
  body: string | Uint8Array<ArrayBuffer>
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return text(JSON.stringify(value), status, { 'content-type': 'application/json', ...headers })
}

export function text(body: string, status: number, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-request-id': randomUuid(), ...headers },
    body,
  }
}

/** An exception inside the real server, as seen from outside. */
export function crashed(): Answer {
  const headers = { 'content-type': 'text/plain; charset=UTF-8' }
  return { status: 500, headers, body: 'Internal Server Error' }
}

/** The service's usual error as JSON. */
export function failure(status: number, error: string, more: Record<string, unknown> = {}): Answer {
  return json({ success: false, error, ...more }, status)
}

export function bodyText(incoming: Incoming): string {
  return new TextDecoder().decode(incoming.body)
}

export function bytesOf(body: Answer['body']): Uint8Array<ArrayBuffer> {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body
}

/** The half of a cut body that arrives. */
export function halfOf(body: Answer['body']): Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(body)
  return bytes.slice(0, Math.floor(bytes.length / 2))
}

/** Whether answers with this status have no body (RFC 9110 §15). */
export function isBodiless(status: number): boolean {
  return [204, 205, 304].includes(status)
}
