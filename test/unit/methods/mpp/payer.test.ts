// What stands between a check and a signature.
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { expect, it } from 'vitest'
import { libraries } from '../../../../src/methods/mpp/load.ts'
import { guardPayer, readPayer, type TempoPayer } from '../../../../src/methods/mpp/payer.ts'

it('signs nothing when the call ended while the check was under way', async () => {
  const account = privateKeyToAccount(generatePrivateKey())
  let finish = () => {}
  const checking = new Promise<void>((resolve) => {
    finish = resolve
  })
  const guard = { transaction: () => checking, calls: () => {}, typedData: () => {} }
  const node = { rpcUrl: 'http://127.0.0.1:1', fetch: undefined }
  const guarded = guardPayer(readPayer(account) as TempoPayer, guard, node, libraries())
  const { signTransaction } = guarded.account as unknown as typeof account
  const signing = signTransaction({ chainId: 1, type: 'eip1559' })
  guarded.revoke()
  finish()
  await expect(signing).rejects.toThrow('has ended')
  expect(guarded.signed()).toBeUndefined()
  expect(guarded.asked()).toBe(false)
})
