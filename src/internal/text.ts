// Text of the service made safe to show: shortened, without control characters or echoed secrets.

const maxLength = 300
const gram = 12
const maxSecret = 20_000

/** Control, format (bidi, zero-width), surrogate and line separator characters. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu

/**
 * Makes untrusted text fit for an error message.
 * @param secrets must not be shown, not even in part: the prompt, header values.
 */
export function safeText(text: string, secrets: readonly string[] = []): string {
  const clean = withoutSecrets(printable(text.slice(0, 20_000)), secrets).trim()
  return clean.length > maxLength ? `${clean.slice(0, maxLength - 1)}…` : clean
}

function printable(text: string): string {
  return text.replace(unprintable, ' ')
}

export function showValue(value: unknown): string {
  return safeText(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'))
}

/** Blanks out every run of 12 characters that also occurs in a secret, so that a truncated echo is caught too. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const grams = new Set<string>()
  let shown = text
  const shares = sharing(text)
  // Long secrets are files in an input, not prompts; their beginning is enough to recognise them.
  for (const secret of secrets.map((one) => one.slice(0, maxSecret)).flatMap(spellings)) {
    if (secret.length < gram) {
      if (secret.trim().length > 0) shown = replaceWord(shown, secret)
      continue
    }
    if (!shares(secret)) continue
    for (let at = 0; at + gram <= secret.length; at += 1) grams.add(secret.slice(at, at + gram).toLowerCase())
  }
  return grams.size > 0 ? blank(shown, grams) : shown
}

/**
 * A cheap test for whether a secret can share a run of 12 characters with the text. Every such run contains 7 pieces of
 * 6 characters, so it is enough to look at every seventh piece of the secret.
 */
function sharing(text: string): (secret: string) => boolean {
  const piece = gram / 2
  const lower = text.toLowerCase()
  const pieces = new Set<string>()
  for (let at = 0; at + piece <= lower.length; at += 1) pieces.add(lower.slice(at, at + piece))
  return (secret) => {
    for (let at = 0; at + piece <= secret.length; at += gram - piece + 1)
      if (pieces.has(secret.slice(at, at + piece).toLowerCase())) return true
    return false
  }
}

/** A secret as it is, as it is shown, and as it looks inside JSON. */
function spellings(secret: string): string[] {
  const escaped = JSON.stringify(secret).slice(1, -1)
  const ascii = escaped.replace(
    /[\u0080-\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  const slashed = escaped.replaceAll('/', '\\/')
  return [...new Set([secret, printable(secret), escaped, ascii, slashed])]
}

function replaceWord(text: string, word: string): string {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  // Older engines have no lookbehind, so the character before is put back.
  const pattern = new RegExp(`(^|[^\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'giu')
  return text.replace(pattern, '$1[redacted]')
}

function blank(text: string, grams: ReadonlySet<string>): string {
  const lower = text.toLowerCase()
  // A character whose lower case is longer would shift the positions, so nothing is shown then.
  if (lower.length !== text.length) return '[redacted]'
  let shown = ''
  let hiddenUntil = 0
  for (let at = 0; at < text.length; at += 1) {
    if (grams.has(lower.slice(at, at + gram))) {
      if (at >= hiddenUntil) shown += '[redacted]'
      hiddenUntil = at + gram
    }
    if (at >= hiddenUntil) shown += text[at]
  }
  return shown
}
