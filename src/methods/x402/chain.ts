// Asks the payment chain whether an authorization was used: EIP-3009 `authorizationState`, over plain JSON-RPC.
import type { Address, Hex } from 'viem'
import { createHttp, isSuccess } from '../../internal/http.ts'
import { ownString } from '../../internal/json.ts'
import { createSecrets } from '../../internal/secrets.ts'
import { within } from '../../internal/time.ts'
import type { MethodIo, RecordedPayment } from '../method.ts'

/** A JSON-RPC URL, or anything with a compatible `request`, such as a viem `PublicClient`. */
export type Rpc =
  | string
  | {
      request(call: { method: 'eth_call'; params: [EthCall, 'latest'] }): Promise<unknown>
    }

type EthCall = { to: Address; data: Hex }

/** `authorizationState(address,bytes32)` */
const selector = '0xe94a0102' satisfies Hex
const timeoutMs = 15_000

/** Whether a payment's authorization moved its money; `undefined` if the chain does not say. */
export async function isUsedOnChain(
  rpc: Rpc,
  { asset, payer, nonce }: RecordedPayment,
  io: MethodIo,
): Promise<boolean | undefined> {
  const word = (hex: string) => hex.slice(2).toLowerCase().padStart(64, '0')
  const call: EthCall = { to: asset as Address, data: `${selector}${word(payer)}${word(nonce)}` }
  const result = await within(ask(rpc, call, io), timeoutMs, io.signal, silent).catch(() => undefined)
  return typeof result === 'string' && /^0x0{63}[01]$/.test(result) ? result.endsWith('1') : undefined
}

/** Never shown: if the chain does not answer, the question stays open. */
const silent = () => new Error('The RPC did not answer.')

async function ask(rpc: Rpc, call: EthCall, { fetch, signal }: MethodIo): Promise<unknown> {
  const params: [typeof call, 'latest'] = [call, 'latest']
  if (typeof rpc !== 'string') return rpc.request({ method: 'eth_call', params })
  const http = createHttp(fetch, () => {}, createSecrets())
  const result = await http({
    method: 'POST',
    url: rpc,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params }),
    timeoutMs,
    signal,
    retries: 2,
  })
  return result.kind === 'answer' && isSuccess(result) ? ownString(result.json(), 'result') : undefined
}
