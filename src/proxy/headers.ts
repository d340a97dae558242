// Which headers are relayed in each direction: those of the protocols, and nothing that identifies a person or a session.

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

/** Keeps every answer out of caches, and from running as a page of the application's origin. */
const always = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; sandbox",
  'x-content-type-options': 'nosniff',
}

export function requestHeaders(given: Headers, isUpload: boolean): Headers {
  const headers = picked(given, isUpload ? toBlobs : toService)
  const authorization = given.get('authorization')
  // MPP pays with `Payment`; the ticket of an upload is a `Bearer`. Anything else belongs to the application.
  const scheme = isUpload ? /^Bearer \S+$/i : /^Payment \S+$/i
  if (authorization && scheme.test(authorization) && !namedByConnection(given).has('authorization')) {
    headers.set('authorization', authorization)
  }
  // The relay counts bytes, so they must not be compressed.
  headers.set('accept-encoding', 'identity')
  return headers
}

export function answerHeaders(given: Headers): Headers {
  const headers = picked(given, fromService)
  const challenge = given.get('www-authenticate')
  // For any other scheme a browser would ask for a password of the application's origin.
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

/** Headers that a sender declares to be for the next hop only. */
function namedByConnection(headers: Headers): Set<string> {
  const names = (headers.get('connection') ?? '').split(',')
  return new Set(names.map((name) => name.trim().toLowerCase()))
}

/** One header may hold several challenges. A scheme is a word that is not followed by `=`. */
function isOnlyPayment(challenge: string): boolean {
  const bare = challenge.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  const schemes = [...bare.matchAll(/(?:^|,)\s*([\w-]+)(?=\s+[\w-]|\s*(?:,|$))/g)].map(([, scheme]) => scheme)
  return schemes.length > 0 && schemes.every((scheme) => scheme?.toLowerCase() === 'payment')
}
