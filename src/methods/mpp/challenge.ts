// Reads `WWW-Authenticate: Payment` challenges (draft-httpauth-payment), also among others (RFC 9110 §11.6.1).
import { decodeText, encodeJson, toBase64Url } from '../../internal/base64.ts'
import { canonicalJson, isRecord, parseJson } from '../../internal/json.ts'
import { parseSchemes } from './schemes.ts'

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
