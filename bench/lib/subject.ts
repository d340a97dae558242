// What a subject of the comparison is: one way to get from a prompt to a file's URL.
import type { LocalAccount } from 'viem'

export type Setup = {
  account: LocalAccount
  fetch: typeof globalThis.fetch
}

/** One generation: price, payment, polls, URL. */
export type Generate = () => Promise<string>

export const operation = 'nano-banana-pro/generate'
export const input = { prompt: 'a lighthouse at dusk' }
export const origin = 'https://stablestudio.dev'
/** What the service asks of clients that poll for an image. */
export const pollEveryMs = 5_000

export const subjectNames = ['bare', 'stablestudio', 'x402-fetch', 'mppx'] as const
export type SubjectName = (typeof subjectNames)[number]

export const labels: Record<SubjectName, string> = {
  bare: 'bare viem signatures and fetch',
  stablestudio: 'stablestudio',
  'x402-fetch': '@x402/fetch with SIWX helpers',
  mppx: 'mppx with viem/siwe',
}

export type PerSubject = Record<SubjectName, number>

export function ofSubjects<value>(make: (name: SubjectName) => value): Record<SubjectName, value> {
  return Object.fromEntries(subjectNames.map((name) => [name, make(name)])) as Record<SubjectName, value>
}
