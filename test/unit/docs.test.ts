// The documents say what the code does: every error code is explained, every file and script that they name exists.
import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url).pathname
const read = (path: string) => readFile(join(root, path), 'utf8')
const filesIn = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending) && !file.includes('node_modules'))
    .map((file) => `${folder}/${file}`)

describe('docs/money.md', () => {
  it('explains exactly the error codes that exist, in their order', async () => {
    const union =
      (await read('src/errors/facts.ts')).split('export type ErrorCode =')[1]?.split('\n\n')[0] ?? ''
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
      (await read('src/proxy/refusals.ts')).split('export type ProxyErrorCode =')[1]?.split('\n\n')[0] ?? ''
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

/** Documents that name files from the root of the repository. */
const documents = [
  ...readdirSync(root).filter((file) => file.endsWith('.md')),
  ...filesIn('docs', '.md'),
  '.changeset/README.md',
]
const workflows = filesIn('.github', '.yml')

describe.each(documents)('%s', (document) => {
  it('names only files and folders that exist', async () => {
    const text = await read(document)
    const named = [
      ...text.matchAll(/(?<![\w./-])(?:src|test|docs|examples|scripts|bench|\.github|\.ci)\/[\w./-]*\w/g),
    ]
    for (const [path] of named) expect(existsSync(join(root, path)), path).toBe(true)
  })

  it('links only to files that exist', async () => {
    const links = [...(await read(document)).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
    for (const [, link = ''] of links)
      expect(existsSync(join(root, dirname(document), link)), link).toBe(true)
  })
})

describe.each([...documents, ...workflows])('%s', (document) => {
  it('names only scripts that exist', async () => {
    const { scripts } = JSON.parse(await read('package.json'))
    const named = [...(await read(document)).matchAll(/npm run (?:-\S+ )*([a-z][\w:-]*)/g)]
    for (const [, name] of named) expect(Object.keys(scripts)).toContain(name)
  })
})

describe.each(workflows.filter((file) => file.includes('/workflows/')))('%s', (workflow) => {
  it('uses actions by commit, and workflows and commands that exist', async () => {
    const text = await read(workflow)
    const used = [...text.matchAll(/uses: (\S+)/g)].map(([, action = '']) => action)
    for (const action of used.filter((one) => !one.startsWith('./'))) expect(action).toMatch(/@[0-9a-f]{40}$/)
    const local = [...used.filter((one) => one.startsWith('./')), ...(text.match(/\.ci\/\w+/g) ?? [])]
    for (const path of local) expect(existsSync(join(root, path)), path).toBe(true)
  })

  it('reads no secret but the token of the registry', async () => {
    const secrets = [...(await read(workflow)).matchAll(/secrets\.(\w+)/g)].map(([, name]) => name)
    for (const name of secrets) expect(name).toBe('NPM_TOKEN')
  })
})

describe('ARCHITECTURE.md', () => {
  /** The names in the first column of each table of the section, row by row. */
  const rowsOf = (text: string) =>
    [...text.matchAll(/^\| (`[^|]+`) \|/gm)].map(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+?)\/?`/g)].map(([, name = '']) => name.replace(/\.ts$/, '')),
    )
  const sectionOf = async (title: string) =>
    (await read('ARCHITECTURE.md')).split(`## ${title}`)[1]?.split('\n## ')[0] ?? ''
  const sources = filesIn('src', '.ts')
  const placeOf = (file: string) => file.replace(/^src\/([^/]+).*$/, '$1').replace(/\.ts$/, '')
  const importsOf = async (file: string) =>
    [...(await read(file)).matchAll(/(?:from|import\() ?'(\.[^']+)'/g)].map(([, path = '']) =>
      normalize(join(dirname(file), path)),
    )

  it('names every folder and file on top of src', async () => {
    const named = rowsOf(await sectionOf('Folders')).flat()
    expect([...named].sort()).toEqual([...new Set(sources.map(placeOf))].sort())
  })

  it('lists them in the order of imports', async () => {
    const rows = rowsOf((await sectionOf('Folders')).split('Beside this column')[0] ?? '')
    const rank = (file: string) => rows.findIndex((names) => names.includes(placeOf(file)))
    for (const file of sources.filter((one) => rank(one) >= 0)) {
      // Entries re-export what stands beside, too.
      const targets = (await importsOf(file)).filter((one) => rank(file) > 0 || rank(one) >= 0)
      for (const target of targets)
        expect(rank(target), `${file} imports ${target}`).toBeGreaterThanOrEqual(rank(file))
    }
  })

  it('tells the order of the files of a payment', async () => {
    const [, chain = ''] = (await read('ARCHITECTURE.md')).match(/`(\w+(?: ← [\w-]+)+)`/) ?? []
    const names = chain.split(' ← ').map((name) => `src/payment/${name}.ts`)
    expect(names.length).toBeGreaterThan(3)
    for (const [at, name] of names.entries()) {
      const later = names.slice(at + 1)
      for (const target of await importsOf(name))
        expect(later, `${name} imports ${target}`).not.toContain(target)
    }
  })
})

describe('CHANGELOG.md', () => {
  it('begins with the version of the package', async () => {
    const { version } = JSON.parse(await read('package.json'))
    expect((await read('CHANGELOG.md')).match(/^## (.+)$/m)?.[1]).toBe(version)
  })

  it('names only error codes and faults that exist', async () => {
    const text = await read('CHANGELOG.md')
    const source = (await read('src/errors/facts.ts')) + (await read('src/sandbox/wire/fault-kinds.ts'))
    for (const [, name] of text.matchAll(/`([a-z]+(?:[_-][a-z]+)+)`/g))
      if (name !== 'happy-dom' && name !== 'written-off') expect(source).toMatch(new RegExp(`\\b${name}\\b`))
  })
})

describe('SECURITY.md', () => {
  it('counts the dependencies as they are', async () => {
    const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(await read('package.json'))
    const required = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional)
    expect([Object.keys(dependencies).length, required.length]).toEqual([3, 1])
    expect(await read('SECURITY.md')).toContain('Three dependencies at run time and one required peer')
  })
})
