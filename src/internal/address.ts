// Ethereum addresses and their EIP-55 checksum. Not viem's, whose index takes longer to load than all the rest.
import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Address } from 'viem'

/** Whether a string is an address, in any letter case. */
export function isAddressLike(text: string): text is Address {
  return /^0x[0-9a-fA-F]{40}$/.test(text)
}

/** The address with its checksum (EIP-55): a letter is upper case where the hash has a digit of 8 or more. */
export function checksum(address: string): Address {
  const digits = address.slice(2).toLowerCase()
  const hash = keccak_256(digits)
  const cased = [...digits].map((digit, at) => {
    const nibble = (hash[at >> 1] ?? 0) >> (at % 2 === 0 ? 4 : 0)
    return (nibble & 8) > 0 ? digit.toUpperCase() : digit
  })
  return `0x${cased.join('')}`
}

/** The checksummed address; `undefined` for anything else, and for mixed case that is not the checksum. */
export function readAddress(text: unknown): Address | undefined {
  if (typeof text !== 'string' || !isAddressLike(text)) return undefined
  const address = checksum(text)
  return text === address || text === text.toLowerCase() ? address : undefined
}

/** Whether two addresses are the same: letter case counts, except on EVM chains. */
export function isSameAddress(one: string, other: string): boolean {
  return one === other || (/^0x/i.test(one) && one.toLowerCase() === other.toLowerCase())
}

/** Whether a text can be an address of Solana: 32 bytes in base58, which is case-sensitive. */
export function isSolanaAddress(text: unknown): text is string {
  return typeof text === 'string' && /^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(text)
}
