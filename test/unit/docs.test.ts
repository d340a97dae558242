// The documents say what the code does: every error code is explained, and no code that does not exist.
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')

describe('docs/money.md', () => {
  it('explains exactly the error codes that exist, in their order', async () => {
    const union = (await read('src/errors.ts')).split('export type ErrorCode =')[1]?.split('\n\n')[0] ?? ''
    const codes = [...union.matchAll(/'([a-z_]+)'/g)].map(([, code]) => code)
    const table = (await read('docs/money.md')).split('## Each code')[1] ?? ''
    const explained = [...table.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code)
    expect(codes.length).toBeGreaterThan(40)
    expect([...explained].sort()).toEqual([...codes].sort())
  })

  it('explains exactly the states that an attempt can have', async () => {
    const union = (await read('src/types.ts')).split('export type AttemptState =')[1]?.split('\n\n')[0] ?? ''
    const states = [...union.matchAll(/'([a-z]+)'/g)].map(([, state]) => state)
    const section =
      (await read('docs/money.md')).split('## How a payment can end')[1]?.split('\n## ')[0] ?? ''
    expect([...section.matchAll(/^\| `([a-z]+)` \|/gm)].map(([, state]) => state)).toEqual(
      states.sort((a, b) => order(a) - order(b)),
    )
  })
})

/** The order of a payment's life, in which the page tells the states. */
function order(state = ''): number {
  return ['reserved', 'signed', 'sent', 'unknown', 'settled', 'rejected', 'released'].indexOf(state)
}

describe('README.md', () => {
  it('names every error class', async () => {
    const names = [...(await read('src/errors.ts')).matchAll(/export class (\w+)/g)].map(([, name]) => name)
    const readme = await read('README.md')
    for (const name of names) expect(readme).toContain(`\`${name}\``)
  })

  it('names every entry point', async () => {
    const entries = Object.keys(JSON.parse(await read('package.json')).exports)
    const readme = await read('README.md')
    for (const entry of entries.filter((one) => one !== './package.json')) {
      expect(readme).toContain(`\`${entry.replace('.', 'stablestudio')}\``)
    }
  })
})

describe('docs/proxy.md', () => {
  it('explains exactly the codes that exist, and every option', async () => {
    const union =
      (await read('src/proxy/routes.ts')).split('export type ProxyErrorCode =')[1]?.split('\n\n')[0] ?? ''
    const codes = [...union.matchAll(/'([a-z_]+)'/g)].map(([, code]) => code)
    const page = await read('docs/proxy.md')
    const told = new Set([...page.matchAll(/`(proxy_[a-z_]+)`/g)].map(([, code]) => code))
    expect(codes.length).toBeGreaterThan(8)
    expect([...told].sort()).toEqual([...codes].sort())
    const options =
      (await read('src/proxy/proxy.ts')).split('export type ProxyOptions = {')[1]?.split('\n}')[0] ?? ''
    for (const [, name] of options.matchAll(/^ {2}(\w+)\?:/gm))
      expect(page).toMatch(new RegExp(`\`${name}[\`(]`))
  })
})
