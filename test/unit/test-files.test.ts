// The tests keep to rules of their own: the flow tests are what a user can write, and no file is too long to be read.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = new URL('../', import.meta.url).pathname
const folders = ['unit', 'flow', 'faults', 'slow', 'workers', 'support', 'types']
const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`),
)
const read = (file: string) => readFileSync(join(root, file), 'utf8')

describe('a test in flow, or of the types,', () => {
  const users = files.filter((file) => /^(flow|types)\//.test(file))

  it.each(users)('%s imports the package by its name', (file) => {
    const imported = [...read(file).matchAll(/(?:from|import\(?) '([^']+)'/g)].map(([, name = '']) => name)
    for (const name of imported) expect(name).not.toMatch(/(^|\/)(src|dist|unit)\//)
  })

  it.each(users.filter((file) => file.startsWith('flow/')))('%s is a chapter of the README', (file) => {
    expect(read('flow/README.md')).toContain(`\`${file.slice('flow/'.length, -'.test.ts'.length)}\``)
  })
})

describe('the files of the tests', () => {
  it.each(files)('%s has at most 300 lines, and a name in kebab-case', (file) => {
    expect(read(file).trimEnd().split('\n').length).toBeLessThanOrEqual(300)
    expect(file).toMatch(/^[a-z0-9/-]+(\.test|\.d)?\.ts$/)
  })
})
