// Reads `WWW-Authenticate: Payment` challenges (draft-httpauth-payment), also among others (RFC 9110 §11.2, §11.6.1).
import { decodeText, encodeJson, toBase64Url } from '../../internal/base64.ts'
import { canonicalJson, isRecord, parseJson } from '../../internal/json.ts'

/** A `Payment` challenge from the header, with its decoded `request`. */
export type MppChallenge = {
  id: string
  realm: string
  method: string
  intent: string
  /** ISO 8601. Required: a challenge without an expiry is never paid. */
  expires: string
  /** The auth-param `request` verbatim: base64url of canonical JSON. */
  encodedRequest: string
  request: Record<string, unknown>
  /** All known auth-params verbatim, echoed in the credential. */
  parameters: Readonly<Record<string, string>>
}

/** The readable challenges in a header, and what is wrong with the others. */
export type MppChallenges = { challenges: MppChallenge[]; problems: string[] }

const maxHeader = 64 * 1024
const maxChallenges = 32
const required = ['id', 'realm', 'method', 'intent', 'request', 'expires']
/** What a credential may echo. Other parameters are not part of the protocol, and are left out. */
const known = [...required, 'digest', 'opaque', 'header', 'description']

/** Returns `undefined` if the header has no `Payment` challenge. */
export function readChallenges(header: string | null): MppChallenges | undefined {
  if (header === null || !/(^|[\s,])payment(\s|$)/i.test(header.slice(0, maxHeader))) return undefined
  if (header.length > maxHeader) return { challenges: [], problems: [`is larger than ${maxHeader} bytes`] }
  const schemes = parseSchemes(header)
  if (typeof schemes === 'string') return { challenges: [], problems: [schemes] }
  const payments = schemes.filter(({ name }) => name === 'payment').slice(0, maxChallenges)
  if (payments.length === 0) return undefined
  const read = payments.map(({ parameters }) => readPayment(parameters))
  return {
    challenges: read.filter((one) => typeof one !== 'string'),
    problems: read.filter((one) => typeof one === 'string'),
  }
}

function readPayment(parameters: Map<string, string>): MppChallenge | string {
  const missing = required.filter((name) => !parameters.get(name))
  if (missing.length > 0) return `has no ${missing.join(', ')}`
  const given = Object.fromEntries([...parameters].filter(([name]) => known.includes(name)))
  const plain = Object.entries(given).every(
    ([name, value]) => name === 'description' || /^[\x20-\x7e]*$/.test(value),
  )
  if (!plain) return 'has parameters that are not plain ASCII'
  const { id = '', realm = '', method = '', intent = '', request: encoded = '', expires = '' } = given
  const request = parseJson(decodeText(encoded) ?? '')
  if (!isRecord(request)) return 'has a request that is not base64url of a JSON object'
  // The server binds its ids to the exact text, so another encoding would be another request.
  if (toBase64Url(encodeJson(JSON.parse(canonicalJson(request)))) !== encoded) {
    return 'has a request that is not canonical JSON'
  }
  return { id, realm, method, intent, expires, encodedRequest: encoded, request, parameters: given }
}

/** Names are in lower case, and values have no quotes. */
type Scheme = { name: string; parameters: Map<string, string> }

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
