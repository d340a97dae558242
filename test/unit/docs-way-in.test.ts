// The way in says what is there: README.md, the reference of the client, and the figures of the benchmark.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFile(new URL(path, root), 'utf8')

describe('docs/client.md', () => {
  it('names every error class', async () => {
    const names = [...(await read('src/errors.ts')).matchAll(/export class (\w+)/g)].map(([, name]) => name)
    const page = await read('docs/client.md')
    for (const name of names) expect(page).toContain(`\`${name}\``)
  })

  it('names every entry point', async () => {
    const entries = Object.keys(JSON.parse(await read('package.json')).exports)
    const page = await read('docs/client.md')
    for (const entry of entries.filter((one) => one !== './package.json')) {
      expect(page).toContain(`\`${entry.replace('.', 'stablestudio')}\``)
    }
  })

  it('explains every option and every call', async () => {
    const table = (title: string, page: string) => page.split(`## ${title}`)[1]?.split('\n## ')[0] ?? ''
    const page = await read('docs/client.md')
    const declared =
      (await read('src/config.ts')).split('export type ClientOptions = {')[1]?.split('\n}')[0] ?? ''
    const options = [...declared.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name)
    expect(options.length).toBeGreaterThan(10)
    for (const name of options)
      expect(table('Options', page)).toMatch(new RegExp(`^\\|.*\`${name}\`.*\\|`, 'm'))
    const methods = [
      ...(await read('src/client.ts')).matchAll(/^ {2}(?:async |readonly )?\*?([a-z]\w+)[<(:]/gm),
    ]
    const calls = new Set(methods.map(([, name]) => name).filter((name) => name !== 'constructor'))
    expect(calls.size).toBeGreaterThan(10)
    for (const name of calls) expect(table('Calls', page)).toMatch(new RegExp(`^\\|.*\`${name}\\b`, 'm'))
  })
})

describe('README.md', () => {
  it('can be read in a minute', async () => {
    expect((await read('README.md')).split('\n').length).toBeLessThanOrEqual(150)
  })

  it('shows each picture on both grounds', async () => {
    const shown = (await read('README.md')).matchAll(/docs\/images\/([\w-]+)-(dark|light)\.\w+/g)
    const names = { dark: [] as string[], light: [] as string[] }
    for (const [path, name = '', ground] of shown) {
      names[ground as 'dark' | 'light'].push(name)
      expect(existsSync(new URL(path, root)), path).toBe(true)
    }
    expect(names.dark.length).toBeGreaterThan(1)
    expect(names.light).toEqual(names.dark)
  })
})

describe('the figures of the benchmark', () => {
  const between = (text: string, name: string) =>
    text.split(`<!-- ${name} -->\n`)[1]?.split(`\n<!-- /${name} -->`)[0] ?? ''

  it('are in docs/comparison.md as they were measured', async () => {
    const page = await read('docs/comparison.md')
    const [table, growth] = [await read('bench/results/table.md'), await read('bench/results/growth.md')]
    expect(between(page, 'bench')).toBe(table.split('# Measured\n\n')[1]?.split('\n\n## ')[0])
    const [, headline, measured] = growth.split('\n\n')
    expect(between(page, 'growth')).toBe(`${headline} ${measured}`)
  })

  it('are in the headline of the README as in the table', async () => {
    const headline = between(await read('README.md'), 'headline')
    const rows = (await read('bench/results/table.md')).split('\n').map((line) => line.split(' | '))
    const row = (what: string) => rows.find(([first]) => first?.startsWith(`| ${what}`)) ?? []
    const [, , own, other] = row('CPU of a generation')
    expect(headline).toContain(`takes ${own} × the CPU of bare viem`)
    expect(headline).toContain(`takes ${other} ×.`)
    const polls = row('round trips').map((cell) => cell.split(' + ')[1])
    expect(headline).toContain(`each poll: ${polls[2]} instead of ${polls[3]}.`)
    expect(headline).toContain(`after ${row('job done')[2]} × the lag`)
    expect(headline).toContain(`with ${row('requests meanwhile')[2]} × their`)
  })
})
