// The JSON-RPC endpoint, asked by viem itself.
import {
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  http,
  parseAbi,
  publicActions,
  toHex,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { base } from 'viem/chains'
import { describe, expect, test } from 'vitest'
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
  expect(await ask({ jsonrpc: '2.0', id: 5, method: 'eth_mining' })).toMatchObject({
    id: 5,
    error: { code: -32601 },
  })
  expect(await ask([{ id: 1, method: 'eth_chainId' }])).toEqual([{ jsonrpc: '2.0', id: 1, result: '0x2105' }])
})

describe('transactions', () => {
  const token = parseAbi(['function transfer(address to, uint256 value)'])
  const to = '0x00000000000000000000000000000000000000AA'

  function sender() {
    const { sandbox } = setup()
    const account = privateKeyToAccount(generatePrivateKey())
    sandbox.fund(account.address, '5')
    const transport = http(`${origin}/rpc`, { fetchFn: sandbox.fetch, retryCount: 0 })
    return { sandbox, client: createWalletClient({ account, chain: base, transport }).extend(publicActions) }
  }
  const transfer = (value: bigint) => ({
    to: usdcAssets['eip155:8453'].address,
    data: encodeFunctionData({ abi: token, functionName: 'transfer', args: [to, value] }),
  })

  test('of USDC move it, with receipt and log', async () => {
    const { sandbox, client } = sender()
    const hash = await client.sendTransaction(transfer(2_000_000n))
    expect(sandbox.balance(to)).toBe('2.00')
    expect(await client.getTransactionReceipt({ hash })).toMatchObject({
      status: 'success',
      logs: [{ transactionHash: hash }],
    })
    expect(sandbox.settlements()).toMatchObject([{ operation: 'transfer', usd: '2.00', transaction: hash }])
    expect(await client.getLogs({ address: usdcAssets['eip155:8453'].address, fromBlock: 0n })).toHaveLength(
      1,
    )
  })

  test('move nothing beyond the balance, to another contract, or twice', async () => {
    const { sandbox, client } = sender()
    await expect(client.sendTransaction(transfer(6_000_000n))).rejects.toThrow()
    await expect(client.sendTransaction({ to, data: '0x' })).rejects.toThrow()
    const request = await client.prepareTransactionRequest(transfer(1_000_000n))
    const serializedTransaction = await client.signTransaction(request)
    await client.sendRawTransaction({ serializedTransaction })
    await expect(client.sendRawTransaction({ serializedTransaction })).rejects.toThrow(/known/)
    const stale = await client.signTransaction({ ...request, gas: 1n })
    await expect(client.sendRawTransaction({ serializedTransaction: stale })).rejects.toThrow(/nonce/i)
    expect(sandbox.balance(to)).toBe('1.00')
  })
})
