// The Content-Security-Policy of the page: its own files, the relay, the host of the pictures and the chain's RPC. Nothing
// else.

/** Where the service's pictures lie. */
const pictures = 'https://*.public.blob.vercel-storage.com'

/** As `rpc` in public/dapp.json. */
const rpc = 'https://mainnet.base.org'

/** @param asMeta leaves out what a meta element cannot say. */
export function contentSecurityPolicy({ asMeta = false } = {}): string {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Wallets announce their icons as data: URLs.
    `img-src 'self' blob: data: ${pictures}`,
    `connect-src 'self' ${pictures} ${rpc}`,
    "base-uri 'none'",
    "form-action 'none'",
    // Texts of others can never become HTML or script, whatever the page's code does.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    ...(asMeta ? [] : ["frame-ancestors 'none'"]),
  ]
  return policy.join('; ')
}

/** The headers that go with every file of the page. */
export function pageHeaders(): Record<string, string> {
  return {
    'content-security-policy': contentSecurityPolicy(),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    // Wallets in windows of their own must be able to answer.
    'cross-origin-opener-policy': 'same-origin-allow-popups',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  }
}
