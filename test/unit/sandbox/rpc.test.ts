// The JSON-RPC endpoint, asked by viem itself.
import { createPublicClient, http, parseAbi, toHex } from 'viem'
import { expect, test } from 'vitest'
import { usdcAssets } from '../../../src/x402/assets.ts'
import { body, buy, generateUrl, origin, post, setup } from './kit.ts'

const abi = parseAbi([
  'function authorizationState(address authorizer, bytes32 nonce) view returns (bool)',
  'function balanceOf(address account) view returns (uint256)',
  'function totalSupply() view returns (uint256)',
])

test('tells the state of an authorization and of a balance', async () => {
  const kit = setup()
  const client = createPublicClient({
    transport: http(`${origin}/rpc`, { fetchFn: kit.sandbox.fetch, retryCount: 0 }),
  })
  const nonce = toHex(99, { size: 32 })
  const { address } = usdcAssets['eip155:8453']
  const isUsed = () =>
    client.readContract({
      address,
      abi,
      functionName: 'authorizationState',
      args: [kit.wallet.address, nonce],
    })
  expect(await client.getChainId()).toBe(8453)
  expect(await isUsed()).toBe(false)
  await buy(kit, generateUrl, body, { authorization: { nonce } })
  expect(await isUsed()).toBe(true)
  const args = [kit.wallet.address] as const
  expect(await client.readContract({ address, abi, functionName: 'balanceOf', args })).toBe(4_830_000n)
  await expect(client.readContract({ address, abi, functionName: 'totalSupply' })).rejects.toThrow(/reverted/)
  const elsewhere = '0x1111111111111111111111111111111111111111'
  await expect(
    client.readContract({ address: elsewhere, abi, functionName: 'balanceOf', args }),
  ).rejects.toThrow()
})

test('answers what it cannot read with JSON-RPC errors', async () => {
  const { sandbox } = setup()
  const ask = async (value: unknown) => (await sandbox.fetch(...post(`${origin}/rpc`, value))).json()
  expect(await ask('{')).toMatchObject({ error: { code: -32700 } })
  expect(await ask('1')).toMatchObject({ error: { code: -32600 } })
  expect(await ask({ jsonrpc: '2.0', id: 5, method: 'eth_sendRawTransaction' })).toMatchObject({
    id: 5,
    error: { code: -32601 },
  })
  expect(await ask([{ id: 1, method: 'eth_chainId' }])).toEqual([{ jsonrpc: '2.0', id: 1, result: '0x2105' }])
})
