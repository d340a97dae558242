import {
  concat,
  encodeAbiParameters,
  hashTypedData,
  keccak256,
  recoverTypedDataAddress,
  serializeTypedData,
  stringToHex,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { usdcAssets, type X402Network } from '../../../src/x402/assets.ts'
import {
  type Authorization,
  authorizationTypedData,
  createAuthorization,
  encodeExactPayment,
} from '../../../src/x402/exact.ts'
import { decodePaymentRequired } from '../../../src/x402/header.ts'
import { selectExactOffer } from '../../../src/x402/offer.ts'
import { baseOffer, header, liveChallenge, offering, payee, resource, select, solanaOffer } from './kit.ts'

const account = privateKeyToAccount('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d')
const now = Date.parse('2026-11-22T12:00:00.999Z')
const seconds = Math.floor(now / 1000)

/** EIP-712 by hand, from the text of the standard and of EIP-3009. */
function digestByHand(network: X402Network, authorization: Authorization): `0x${string}` {
  const text = (value: string) => keccak256(stringToHex(value))
  const { name, version, address, chainId } = usdcAssets[network]
  const domain = encodeAbiParameters(
    [{ type: 'bytes32' }, { type: 'bytes32' }, { type: 'bytes32' }, { type: 'uint256' }, { type: 'address' }],
    [
      text('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
      text(name),
      text(version),
      BigInt(chainId),
      address,
    ],
  )
  const struct = encodeAbiParameters(
    [
      { type: 'bytes32' },
      { type: 'address' },
      { type: 'address' },
      { type: 'uint256' },
      { type: 'uint256' },
      { type: 'uint256' },
      { type: 'bytes32' },
    ],
    [
      // The type hash that the deployed USDC contract answers to TRANSFER_WITH_AUTHORIZATION_TYPEHASH().
      '0x7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267',
      authorization.from,
      authorization.to,
      BigInt(authorization.value),
      BigInt(authorization.validAfter),
      BigInt(authorization.validBefore),
      authorization.nonce,
    ],
  )
  return keccak256(concat(['0x1901', keccak256(domain), keccak256(struct)]))
}

describe('createAuthorization', () => {
  it('moves exactly the offered amount to the offered payee, from now for as long as it must', () => {
    const authorization = createAuthorization(select(liveChallenge), account.address, now)
    expect(authorization).toEqual({
      from: account.address,
      to: payee,
      value: '130000',
      validAfter: '0',
      validBefore: String(seconds + 300),
      nonce: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    })
  })

  it('never lives longer than ten minutes, however long the server would like', () => {
    for (const maxTimeoutSeconds of [10, 300, 600, 3600]) {
      const offer = select(offering({ maxTimeoutSeconds }))
      const life = Number(createAuthorization(offer, account.address, now).validBefore) - seconds
      expect(life).toBe(Math.min(maxTimeoutSeconds, 600))
    }
  })

  it('has a fresh nonce each time', () => {
    const offer = select(liveChallenge)
    const nonces = Array.from({ length: 500 }, () => createAuthorization(offer, account.address, now).nonce)
    expect(new Set(nonces).size).toBe(500)
  })

  it('is exact for amounts beyond what a float can hold', () => {
    const amount = '9007199254740993000000001'
    expect(createAuthorization(select(offering({ amount })), account.address, now).value).toBe(amount)
  })
})

describe('authorizationTypedData', () => {
  it.each(['eip155:8453', 'eip155:84532'] as const)(
    'hashes on %s as EIP-712 says, by hand and by viem',
    (network) => {
      const asset = usdcAssets[network]
      const offer = offering({
        network,
        asset: asset.address,
        extra: { name: asset.name, version: asset.version },
      })
      const authorization = createAuthorization(select(offer), account.address, now)
      const data = authorizationTypedData(asset, authorization)
      expect(hashTypedData(data)).toBe(digestByHand(network, authorization))
    },
  )

  it('hashes a known authorization to a known digest', () => {
    const authorization: Authorization = {
      from: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
      to: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
      value: '50000',
      validAfter: '0',
      validBefore: '1795360772',
      nonce: '0x461ba3d2c62295e28d82794d821db50ccc3a79646d58bc3cefb379aaad12c762',
    }
    const digest = hashTypedData(authorizationTypedData(usdcAssets['eip155:8453'], authorization))
    expect(digest).toBe(digestByHand('eip155:8453', authorization))
    expect(digest).toMatchInlineSnapshot(
      `"0x628576ef014dab1f7e79ad02db84f8133879e5ed1fc08af1b09ea54ebf027718"`,
    )
  })

  it('is signed by the account that it names', async () => {
    const authorization = createAuthorization(select(liveChallenge), account.address, now)
    const data = authorizationTypedData(usdcAssets['eip155:8453'], authorization)
    const signature = await account.signTypedData(data)
    expect(await recoverTypedDataAddress({ ...data, signature })).toBe(account.address)
    const other = { ...data, message: { ...data.message, value: 130_001n } }
    expect(await recoverTypedDataAddress({ ...other, signature })).not.toBe(account.address)
  })

  it('keeps its domain as text, in which some accounts send it to a key service', () => {
    const authorization = createAuthorization(select(liveChallenge), account.address, now)
    const data = authorizationTypedData(usdcAssets['eip155:8453'], authorization)
    const read = JSON.parse(serializeTypedData(data))
    expect(hashTypedData(read)).toBe(digestByHand('eip155:8453', authorization))
  })

  it('takes its domain from the local table only', () => {
    const authorization = createAuthorization(select(liveChallenge), account.address, now)
    expect(authorizationTypedData(usdcAssets['eip155:8453'], authorization).domain).toEqual({
      name: 'USD Coin',
      version: '2',
      chainId: 8453,
      verifyingContract: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
    })
  })
})

describe('encodeExactPayment', () => {
  /** What arrives at the server when a challenge came over the wire as this text. */
  function sentFor(wire: string) {
    const challenge = decodePaymentRequired(header(wire))
    const offer = selectExactOffer(challenge, { resources: [resource] })
    const authorization = createAuthorization(offer, account.address, now)
    const text = Buffer.from(encodeExactPayment(offer, authorization, '0x12'), 'base64').toString()
    return { text, sent: JSON.parse(text), authorization }
  }

  it('carries version, echo, authorization and signature', () => {
    const { sent, authorization } = sentFor(
      JSON.stringify({ ...liveChallenge, extensions: { bazaar: { a: [1] } } }),
    )
    expect(sent).toEqual({
      x402Version: 2,
      resource: liveChallenge.resource,
      accepted: baseOffer,
      payload: { signature: '0x12', authorization },
      extensions: { bazaar: { a: [1] } },
    })
  })

  it('echoes the offer byte for byte: letter case, order and unknown fields', () => {
    const offer =
      '{"maxTimeoutSeconds":300,"zeta":[true,null,{"b":1,"a":"é😀"}],"payTo":"0x07f067959297767c887dbfa3c72379c66e82a045",' +
      '"extra":{"version":"2","name":"USD Coin","features":{"x":{}},"__proto__":{"y":1}},"amount":"130000",' +
      '"asset":"0x833589fcd6edb6e08f4c7c32d4f71b54bda02913","network":"eip155:8453","scheme":"exact"}'
    const wire = `{"accepts":[${JSON.stringify(solanaOffer)},${offer}],"x402Version":2,"resource":{"url":"${resource}"}}`
    const { text } = sentFor(wire)
    expect(text).toContain(`"accepted":${offer},`)
  })

  it('leaves out what the challenge does not have, and never the rest of it', () => {
    const { sent } = sentFor(JSON.stringify({ ...liveChallenge, error: 'x', novelty: 1 }))
    expect(Object.keys(sent)).toEqual(['x402Version', 'resource', 'accepted', 'payload'])
  })

  it('writes every number of the authorization as a decimal text', () => {
    const { sent } = sentFor(JSON.stringify(liveChallenge))
    for (const name of ['value', 'validAfter', 'validBefore']) {
      expect(sent.payload.authorization[name]).toMatch(/^\d+$/)
    }
  })
})
