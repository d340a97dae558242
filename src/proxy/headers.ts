// Which headers are relayed, in each direction: those of the protocols, and nothing that names a person or a session.

const toService = ['accept', 'content-type', 'payment-signature', 'sign-in-with-x'] as const
const toBlobs = ['x-content-type', 'x-api-version'] as const

const fromService = [
  'allow',
  'content-type',
  'date',
  'payment-receipt',
  'payment-required',
  'payment-response',
  'retry-after',
  'x-request-id',
] as const

/** Request headers that a page of another origin may send. */
export const requestHeaderNames: readonly string[] = [...toService, ...toBlobs, 'authorization']

/** Answer headers that a page of another origin may read. */
export const exposedHeaderNames: readonly string[] = [...fromService, 'www-authenticate']

/** On every answer: it must not be kept, and must not run as a page of the application's own origin. */
const always = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; sandbox",
  'x-content-type-options': 'nosniff',
}

export function requestHeaders(given: Headers, isUpload: boolean): Headers {
  const headers = picked(given, isUpload ? toBlobs : toService)
  const authorization = given.get('authorization')
  // MPP pays with `Payment`; an upload's ticket is a `Bearer`. Anything else is the application's own.
  const scheme = isUpload ? /^Bearer \S+$/i : /^Payment \S+$/i
  if (authorization && scheme.test(authorization) && !namedByConnection(given).has('authorization')) {
    headers.set('authorization', authorization)
  }
  // What is relayed is counted in bytes as they are.
  headers.set('accept-encoding', 'identity')
  return headers
}

export function answerHeaders(given: Headers): Headers {
  const headers = picked(given, fromService)
  const challenge = given.get('www-authenticate')
  // A browser would ask its user for a password of the application's own origin for any other scheme.
  if (challenge && isOnlyPayment(challenge) && !namedByConnection(given).has('www-authenticate')) {
    headers.set('www-authenticate', challenge)
  }
  for (const [name, value] of Object.entries(always)) headers.set(name, value)
  return headers
}

function picked(given: Headers, names: readonly string[]): Headers {
  const hopByHop = namedByConnection(given)
  const headers = new Headers()
  for (const name of names) {
    const value = given.get(name)
    if (value !== null && !hopByHop.has(name)) headers.set(name, value)
  }
  return headers
}

/** What a sender declares to be for the next hop only. */
function namedByConnection(headers: Headers): Set<string> {
  const names = (headers.get('connection') ?? '').split(',')
  return new Set(names.map((name) => name.trim().toLowerCase()))
}

/** Several challenges may stand in one header; a scheme is a word that another word or nothing follows, not `=`. */
function isOnlyPayment(challenge: string): boolean {
  const bare = challenge.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  const schemes = [...bare.matchAll(/(?:^|,)\s*([\w-]+)(?=\s+[\w-]|\s*(?:,|$))/g)].map(([, scheme]) => scheme)
  return schemes.length > 0 && schemes.every((scheme) => scheme?.toLowerCase() === 'payment')
}
