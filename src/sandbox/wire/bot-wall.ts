// The HTML of a bot wall, as an edge in front of the service answers.
import { type Answer, text } from './messages.ts'

const checking = 'Enable JavaScript and cookies to continue'

/** @param more text for the body. */
export function botWall(status: number, more = ''): Answer {
  const said = more && `<pre>${escapeHtml(more)}</pre>`
  const html = `<!DOCTYPE html><html><head><title>Just a moment...</title><meta name="robots" content="noindex,nofollow"></head><body><h1>Checking…</h1><noscript>${checking}</noscript>${said}</body></html>`
  const { 'x-request-id': _none, ...headers } = text('', status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'private, max-age=0, no-store, no-cache, must-revalidate',
    'cf-mitigated': 'challenge',
    server: 'cloudflare',
  }).headers
  return { status, headers, body: html }
}

function escapeHtml(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
