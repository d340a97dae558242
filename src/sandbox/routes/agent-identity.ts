// The `X-Agent-Identity` challenge that the real library adds to every 402. Answering it is optional.
import { encodeJson, toBase64Url } from '../../internal/base64.ts'
import { randomHex } from '../../internal/hex.ts'

const lifeMs = 30_000

export function agentIdentity(url: URL, now: number): string {
  const challenge = {
    domain: url.hostname,
    route: url.pathname,
    nonce: randomHex(32),
    issuedAt: new Date(now).toISOString(),
    expirationTime: new Date(now + lifeMs).toISOString(),
  }
  return toBase64Url(encodeJson({ v: 1, challenge }))
}
