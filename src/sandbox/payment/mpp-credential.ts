// MPP credentials as the real router and mppx read them: only the challenge must be complete.
import { type Address, getAddress, type Hex, isAddress } from 'viem'
import { decodeText } from '../../internal/base64.ts'
import { isRecord, own, ownString, parseJson } from '../../internal/json.ts'
import { tempoChainId } from '../../methods/mpp/currencies.ts'

/** A credential, as far as it is readable. */
export type MppCredential = {
  challenge: Record<string, unknown>
  type: 'transaction' | 'hash' | 'proof' | 'unknown'
  /** A signed transaction, its hash, or a signature; empty when it is anything else. */
  proof: Hex | ''
  /** The payer for the router: the last part of `source`, an address or not. Without one, nobody owns the job. */
  wallet: Address
  /** The Tempo account in `source`; `null` for anything else in it, `undefined` without a source. */
  source: Address | null | undefined
}

/** The credential in `Authorization: Payment …`, if any. */
export function mppHeader(headers: Headers): string | null {
  const header = headers.get('authorization')
  return header?.startsWith('Payment ') ? header.slice('Payment '.length) : null
}

/** `undefined` when the real server would throw on it. */
export function readMppCredential(header: string): MppCredential | undefined {
  const value = parseJson(decodeText(header) ?? '')
  const challenge = own(value, 'challenge')
  if (!isRecord(challenge) || !isChallenge(challenge)) return undefined
  const source = own(value, 'source') || undefined
  if (source !== undefined && typeof source !== 'string') return undefined
  const last = source?.split(':').at(-1) ?? ''
  return {
    challenge,
    ...readPayload(own(value, 'payload')),
    wallet: isAddress(last, { strict: false }) ? getAddress(last) : ((source ?? '') as Address),
    source: source === undefined ? undefined : accountOf(source),
  }
}

function readPayload(payload: unknown): Pick<MppCredential, 'type' | 'proof'> {
  const type = ownString(payload, 'type')
  if (type !== 'transaction' && type !== 'hash' && type !== 'proof') return { type: 'unknown', proof: '' }
  const proof = ownString(payload, type === 'hash' ? 'hash' : 'signature') ?? ''
  return { type, proof: /^0x[0-9a-fA-F]+$/.test(proof) ? (proof as Hex) : '' }
}

/** `did:pkh:eip155:4217:0x…`. */
function accountOf(source: string): Address | null {
  const [, chain, address = ''] = /^did:pkh:eip155:(\d+):(0x[0-9a-fA-F]{40})$/.exec(source) ?? []
  return Number(chain) === tempoChainId ? getAddress(address) : null
}

function isChallenge({ id, realm, method, intent, request, expires }: Record<string, unknown>): boolean {
  const isText = [id, realm, method, intent, request].every((one) => typeof one === 'string')
  const isTime = expires === undefined || (typeof expires === 'string' && !Number.isNaN(Date.parse(expires)))
  return isText && id !== '' && isTime && isRecord(parseJson(decodeText(String(request)) ?? ''))
}
