// The relay's own answers: JSON with a code, for what it does not relay.
import { answerHeaders } from './headers.ts'

/** The `code` in the JSON of the relay's own answers. */
export type ProxyErrorCode =
  | 'proxy_answer_too_large'
  | 'proxy_body_refused'
  | 'proxy_body_too_large'
  | 'proxy_hook_failed'
  | 'proxy_method_refused'
  | 'proxy_origin_refused'
  | 'proxy_rate_limited'
  | 'proxy_redirect_refused'
  | 'proxy_route_unknown'
  | 'proxy_timeout'
  | 'proxy_unauthorized'
  | 'proxy_unreachable'

const refusals: Record<ProxyErrorCode, readonly [status: number, error: string]> = {
  proxy_answer_too_large: [502, "The service's answer is larger than the relay allows."],
  proxy_body_refused: [
    415,
    'The body cannot be read: it is encoded, was cut off, or has already been read. Mount the proxy before body parsers such as express.json().',
  ],
  proxy_body_too_large: [413, 'The body is larger than the relay allows.'],
  proxy_hook_failed: [500, 'The application could not decide on this request; nothing was relayed.'],
  proxy_method_refused: [405, 'This route does not allow this method.'],
  proxy_origin_refused: [
    403,
    'Pages from this origin may not use this relay; `allowOrigins` lists the origins that may.',
  ],
  proxy_rate_limited: [429, 'Too many requests; try again later.'],
  proxy_redirect_refused: [502, 'The service answered with a redirect, which is never followed.'],
  proxy_route_unknown: [404, 'This route is not relayed to StableStudio.'],
  proxy_timeout: [504, 'The request took longer than the relay allows.'],
  proxy_unauthorized: [401, 'The application does not let this request through.'],
  proxy_unreachable: [502, 'The service gave no answer that can be relayed.'],
}

export function refuse(code: ProxyErrorCode, more: Record<string, string> = {}): Response {
  const [status, error] = refusals[code]
  const headers = answerHeaders(new Headers({ 'content-type': 'application/json', ...more }))
  return new Response(JSON.stringify({ success: false, code, error }), { status, headers })
}
