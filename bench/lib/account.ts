// The signers of the comparison: a real key, and one whose signatures cost nothing.
import type { Hex, LocalAccount } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

export type SignerName = 'real' | 'stub'

export function createAccount(signer: SignerName): LocalAccount {
  const account = privateKeyToAccount(generatePrivateKey())
  return signer === 'real' ? account : createStub(account)
}

/** Always the same well-formed signature, so that what is measured is the client alone. */
function createStub(account: LocalAccount): LocalAccount {
  const signature: Hex = `0x${'11'.repeat(64)}1b`
  return { ...account, signTypedData: async () => signature, signMessage: async () => signature }
}

/** Counts what the wallet is asked for: payments, and proofs of who polls. */
export function countSignatures(account: LocalAccount): {
  account: LocalAccount
  payments(): number
  proofs(): number
} {
  let payments = 0
  let proofs = 0
  const counting: LocalAccount = {
    ...account,
    signTypedData: (typed) => {
      payments += 1
      return account.signTypedData(typed)
    },
    signMessage: (message) => {
      proofs += 1
      return account.signMessage(message)
    },
  }
  return { account: counting, payments: () => payments, proofs: () => proofs }
}
