// A private key in the environment: for servers, scripts and CI.
import { privateKeyToAccount } from 'viem/accounts'

const key = process.env.PRIVATE_KEY
if (!key) throw new Error('Set PRIVATE_KEY: 0x and 64 hexadecimal digits.')

export const wallet = privateKeyToAccount(key as `0x${string}`)
