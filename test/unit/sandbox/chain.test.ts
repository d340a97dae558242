// The token itself: EIP-3009 on the in-memory chain.
import { type Address, toHex } from 'viem'
import { expect, test } from 'vitest'
import { createEvmChain } from '../../../src/sandbox/chains/evm-chain.ts'
import type { Authorization } from '../../../src/x402/exact.ts'
import { stillClock } from './kit.ts'

const [alice, bob]: Address[] = [`0x${'11'.repeat(20)}`, `0x${'22'.repeat(20)}`]
const purpose = { operation: 'x/y', jobId: undefined }

function start(change: Partial<Authorization> = {}) {
  const clock = stillClock(1_000_000_000)
  const chain = createEvmChain('eip155:8453', clock)
  chain.mint(alice as Address, 100n)
  const authorization: Authorization = {
    from: alice as Address,
    to: bob as Address,
    value: '60',
    validAfter: '999999',
    validBefore: '1000001',
    nonce: toHex(1, { size: 32 }),
    ...change,
  }
  return { chain, clock, authorization, send: () => chain.transfer(authorization, purpose) }
}

test('a transfer moves the money and uses the nonce up, once', () => {
  const { chain, authorization, send } = start()
  expect(chain.isUsed(authorization.from, authorization.nonce)).toBe(false)
  expect(send()).toMatchObject({ amount: '60', usd: '0.00006' })
  expect(chain.isUsed(authorization.from, authorization.nonce)).toBe(true)
  expect([chain.balanceOf(authorization.from), chain.balanceOf(authorization.to)]).toEqual([40n, 60n])
  expect(send()).toBe('nonce')
  expect(chain.settlements()).toHaveLength(1)
})

test.each<[string, Partial<Authorization>]>([
  ['not-yet-valid', { validAfter: '1000000' }],
  ['expired', { validBefore: '1000000' }],
  ['balance', { value: '101' }],
])('%s: both ends of the window are exclusive, and nothing moves', (revert, change) => {
  const { chain, authorization, send } = start(change)
  expect(send()).toBe(revert)
  expect([chain.balanceOf(authorization.from), chain.balanceOf(authorization.to)]).toEqual([100n, 0n])
  expect(chain.isUsed(authorization.from, authorization.nonce)).toBe(false)
  expect(chain.settlements()).toEqual([])
})

test('a transfer to oneself changes no balance', () => {
  const { chain, send } = start({ to: alice as Address })
  expect(send()).toMatchObject({ amount: '60' })
  expect(chain.balanceOf(alice as Address)).toBe(100n)
})
