// The code of the contracts as it is committed, for whoever has no compiler.
import { readFileSync } from 'node:fs'

export const sources = ['Usdc', 'Multicall', 'SmartWallet'] as const

export type Compiled = { compiler: string } & Record<(typeof sources)[number], `0x${string}`>

export const file = new URL('compiled.json', import.meta.url)

export function readCompiled(): Compiled {
  return JSON.parse(readFileSync(file, 'utf8'))
}
