import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { safeText } from '../../../src/internal/text.ts'

fc.configureGlobal({ seed: 20261122 })

const prompt = 'A secret unreleased product photo for Contoso, "Falcon" headset, line one\nline two'

/** The longest run that a shown text shares with a secret, letter case aside. */
function longestLeak(shown: string, secret: string): string {
  const [text, hidden] = [shown.toLowerCase(), secret.toLowerCase()]
  let longest = ''
  for (let start = 0; start < hidden.length; start += 1) {
    for (let end = start + longest.length + 1; end <= hidden.length; end += 1) {
      if (!text.includes(hidden.slice(start, end))) break
      longest = hidden.slice(start, end)
    }
  }
  return longest
}

describe('safeText: what a terminal and a reader see', () => {
  it.each([
    ['a line break', 'a\r\nb', 'a b'],
    ['colours', 'a\u001b[31mb', 'a [31mb'],
    ['a terminal title', 'a\u001b]0;x\u0007b', 'a ]0;x b'],
    ['a NUL', 'a\u0000b', 'a b'],
    ['C1 controls', 'a\u009bb\u0085c', 'a b c'],
    ['a bidi override', 'a\u202eb\u2066c', 'a b c'],
    ['zero-width characters', 'a\u200bb\ufeffc', 'a b c'],
    ['line separators', 'a\u2028b\u2029c', 'a b c'],
    ['a lone surrogate', 'a\ud800b', 'a b'],
    ['tag characters', 'a\u{e0041}\u{e0042}b', 'a b'],
    ['a backspace', 'pay me\b\b\b\b\b\bok', 'pay me ok'],
  ])('replaces %s', (_name, text, shown) => {
    expect(safeText(text)).toBe(shown)
  })

  it('keeps ordinary text of any script', () => {
    const text = 'Größe zu klein: 画像サイズ, размер, 😀'
    expect(safeText(text)).toBe(text)
  })

  it('shows nothing unprintable, and at most 300 characters, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1000 }), (text) => {
        const shown = safeText(text)
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        expect(shown.length).toBeLessThanOrEqual(300)
      }),
    )
  })

  it('shortens at 300 characters and says so', () => {
    expect(safeText('x'.repeat(300))).toBe('x'.repeat(300))
    expect(safeText('x'.repeat(301))).toBe(`${'x'.repeat(299)}…`)
    expect(safeText('x'.repeat(5_000_000))).toHaveLength(300)
  })
})

describe('safeText: what is a secret', () => {
  it.each([
    ['whole', prompt],
    ['inside other text', `Validation failed for ${prompt}: too long`],
    ['JSON-escaped', `{"body":${JSON.stringify({ prompt })}}`],
    ['JSON-escaped twice', JSON.stringify(JSON.stringify({ prompt }))],
    ['upper-cased', prompt.toUpperCase()],
    ['lower-cased', prompt.toLowerCase()],
    ['cut off at its end', `bad input: ${prompt.slice(0, 40)}…`],
    ['cut off at its beginning', `bad input: …${prompt.slice(30)}`],
    ['cut off at both ends', `…${prompt.slice(12, 50)}…`],
    ['twice', `${prompt} / ${prompt}`],
    ['with line breaks made spaces', prompt.replaceAll('\n', ' ')],
  ])('hides the prompt echoed %s', (_name, text) => {
    const shown = safeText(text, [prompt])
    expect(shown).toContain('[redacted]')
    expect(longestLeak(shown, prompt).length).toBeLessThan(12)
    expect(shown.toLowerCase()).not.toContain('contoso')
    expect(shown.toLowerCase()).not.toContain('unreleased')
  })

  it('hides a prompt that the length limit would cut', () => {
    const shown = safeText(`${'x'.repeat(280)} ${prompt}`, [prompt])
    expect(longestLeak(shown, prompt).length).toBeLessThan(12)
  })

  it('keeps what is not secret beside it', () => {
    const shown = safeText(`size must be one of 1024x1024 (prompt was ${prompt})`, [prompt])
    expect(shown).toContain('size must be one of 1024x1024 (prompt was [redacted]')
  })

  it('hides a short secret as a word, not inside other words', () => {
    expect(safeText('The cat: category of CAT', ['cat'])).toBe('The [redacted]: category of [redacted]')
  })

  it('takes a short secret literally, not as a pattern', () => {
    expect(safeText('a+b and aab', ['a+b'])).toBe('[redacted] and aab')
    expect(safeText('$& stays', ['.*'])).toBe('$& stays')
    expect(safeText('anything at all', ['.*', '(', '[', '\\'])).toBe('anything at all')
  })

  it('hides nothing for empty and blank secrets', () => {
    expect(safeText('all of this is shown', ['', ' ', '\n'])).toBe('all of this is shown')
  })

  it('shows nothing rather than shifted positions when lower case is longer', () => {
    expect(safeText(`İİİ ${prompt}`, [prompt])).toBe('[redacted]')
  })

  it('leaks at most 11 characters in a row of any secret, wherever it is echoed', () => {
    const words = fc.string({ unit: 'grapheme-ascii', minLength: 12, maxLength: 120 })
    fc.assert(
      fc.property(
        words,
        fc.string({ maxLength: 40 }),
        fc.nat(60),
        fc.nat(60),
        (secret, around, from, cut) => {
          const echo = secret.slice(from % secret.length, secret.length - (cut % 20))
          const shown = safeText(`#${around}#${echo}#${JSON.stringify(echo)}#`, [secret])
          const leak = longestLeak(shown.replaceAll('[redacted]', '\u0001'), secret)
          // What stands in the text around the echo is not an echo.
          if (leak.length >= 12) expect(around.toLowerCase()).toContain(leak)
        },
      ),
    )
  })

  it('stays quick on large text and large secrets', () => {
    const large = 'lorem ipsum dolor sit amet '.repeat(40_000)
    const start = performance.now()
    safeText(large, [large.slice(0, 32_000)])
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})
