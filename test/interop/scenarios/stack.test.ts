// What the real counterpart is made of: the versions that belong together, and contracts whose code is their source's.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { compile } from '../contracts/compile.ts'
import { readCompiled } from '../contracts/compiled.ts'

const modules = new URL('../node_modules/', import.meta.url)

function version(path: string): string {
  return JSON.parse(readFileSync(new URL(`${path}/package.json`, modules), 'utf8')).version
}

/** The version that a module of the router loads, wherever npm put it. */
function versionFor(name: string, from: string): string {
  const path = createRequire(new URL(`${from}/package.json`, modules)).resolve(name)
  const [, root = ''] = new RegExp(`^(.*/node_modules/${name})/`).exec(path) ?? []
  return JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).version
}

test('the router runs on the last x402 packages that it works with', () => {
  expect(version('@agentcash/router')).toBe('1.20.0')
  for (const name of ['@x402/core', '@x402/evm', '@x402/extensions', '@x402/svm']) {
    expect([name, versionFor(name, '@agentcash/router')]).toEqual([name, '2.18.0'])
  }
  expect(versionFor('@x402/core', '@x402/extensions')).toBe('2.18.0')
})

test('the facilitator and the clients of others are current', () => {
  for (const name of ['@x402/core', '@x402/evm', '@x402/fetch']) {
    expect([name, version(name)]).toEqual([name, '2.27.0'])
  }
  expect(version('mppx')).toMatch(/^0\.11\./)
})

test('the code that stands for USDC, Multicall3 and a smart wallet is what their sources compile to', () => {
  expect(compile()).toEqual(readCompiled())
})
