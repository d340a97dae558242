// Parses a `WWW-Authenticate` header: every scheme with its parameters (RFC 9110 §11.2, §11.6.1).

/** Names are in lower case, and values have no quotes. */
export type Scheme = { name: string; parameters: Map<string, string> }

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
/** `Negotiate YII=`: one token instead of parameters. */
const token68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y
const space = /[ \t]*/y
const equals = /[ \t]*=[ \t]*/y
const comma = /[ \t]*(?:,[ \t,]*|$)/y
const separators = /[ \t,]*/y
const quotedString = /"((?:[^"\\]|\\.)*)"/y

/** All schemes in order, or why the header cannot be read. A name without `=` starts the next scheme. */
export function parseSchemes(header: string): Scheme[] | string {
  // A header may contain only visible characters, spaces and tabs (RFC 9110 §5.5).
  if (/[^\t\x20-\x7e\x80-\uffff]/.test(header)) return 'holds control characters'
  const reader = { header, at: 0 }
  const schemes: Scheme[] = []
  take(reader, separators)
  while (reader.at < header.length) {
    const name = take(reader, token)?.toLowerCase()
    if (name === undefined) return malformed(reader)
    const current = schemes.at(-1)
    if (take(reader, equals) === undefined) {
      schemes.push({ name, parameters: new Map() })
      take(reader, space)
      take(reader, token68)
      take(reader, separators)
    } else {
      const value = readValue(reader)
      if (!current || value === undefined || take(reader, comma) === undefined) return malformed(reader)
      if (current.parameters.has(name)) return `names ${name.slice(0, 40)} twice`
      current.parameters.set(name, value)
    }
  }
  return schemes
}

type Reader = { header: string; at: number }

/** What the pattern matches at this position. */
function take(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at
  const found = pattern.exec(reader.header)
  if (!found) return undefined
  reader.at += found[0].length
  return found[1] ?? found[0]
}

function readValue(reader: Reader): string | undefined {
  if (reader.header[reader.at] !== '"') return take(reader, token)
  return take(reader, quotedString)?.replace(/\\(.)/g, '$1')
}

function malformed({ at }: Reader): string {
  return `cannot be read at character ${at + 1}`
}
