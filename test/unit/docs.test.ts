// The documents say what the code does: every error code is explained, every file and script that they name exists.
import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sections, top } from '../../docs/.vitepress/pages.ts'

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

describe('docs/troubleshooting.md', () => {
  it('names at least twenty errors, all of which exist', async () => {
    const union = (await read('src/errors/facts.ts')).split('export type ErrorCode =')[1] ?? ''
    const rows = [...(await read('docs/troubleshooting.md')).matchAll(/^\| `[^|]+\|/gm)].map(([row]) => row)
    const named = rows.flatMap((row) => [...row.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, code]) => code))
    expect(named.length).toBeGreaterThan(20)
    for (const code of named) expect(union).toContain(`'${code}'`)
  })
})

describe('docs/events-and-values.md', () => {
  it('explains exactly the events that exist', async () => {
    const page = await read('docs/events-and-values.md')
    const told = [...page.matchAll(/^\| `([a-z]+\.[a-z]+)` \|/gm)].map(([, name]) => name)
    const known = [...(await read('src/events.ts')).matchAll(/^ {2}'([a-z]+\.[a-z]+)': true/gm)]
    expect([...told].sort()).toEqual(known.map(([, name]) => name).sort())
  })

  it.each(['Receipt', 'Attempt', 'Upload', 'JobStatus', 'Quote', 'Job', 'Balance', 'Left'])(
    'names every field of %s',
    async (type) => {
      const sources = `${await read('src/types.ts')}${await read('src/actions/quote.ts')}`
      const declared = new RegExp(`export type ${type}\\b.*?= \\{\n(.*?)\n\\}`, 's').exec(sources)?.[1]
      const page = (await read('docs/events-and-values.md')).split('\n')
      const row = page.find((line) => line.startsWith(`| \`${type}\``))
      const fields = [...(declared ?? '').matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, name]) => name)
      expect(fields.length).toBeGreaterThan(3)
      for (const field of fields) expect(row).toMatch(new RegExp(`\`${field}\\??\``))
    },
  )
})

describe('the site', () => {
  const documents = [...filesIn('docs', '.md'), ...filesIn('examples', 'README.md')].filter(
    (file) => !file.startsWith('docs/api/') && file !== 'docs/index.md',
  )

  it('has every document in the sidebar or in the bar at the top', () => {
    const named = [...Object.keys(top), ...sections.flatMap((one) => Object.keys(one.pages))]
    expect(documents.length).toBeGreaterThan(20)
    expect(named).toEqual(expect.arrayContaining(documents))
    expect(new Set(named).size).toBe(named.length)
  })

  it.each(readdirSync(join(root, 'src/entries')))('shows src/entries/%s under its own name', async (file) => {
    expect(await read(`src/entries/${file}`)).toContain(`@module stablestudio/${file.replace('.ts', '')}\n`)
  })
})

describe('the installation of MPP', () => {
  it('is one command, with the version of viem that is tested, wherever it is named', async () => {
    const { devDependencies } = JSON.parse(await read('package.json'))
    const command = `viem@${devDependencies.viem} mppx@0.11.0`
    for (const file of ['docs/client.md', 'docs/mpp.md'])
      expect(await read(file)).toContain(`npm install --save-exact stablestudio ${command}`)
    expect(await read('src/methods/mpp/require.ts')).toContain(`npm install --save-exact ${command}`)
    expect(devDependencies.mppx).toBe('^0.11.0')
  })
})

describe('docs/agents.md', () => {
  it('explains every tool and every option', async () => {
    const page = await read('docs/agents.md')
    const [llms, schemas] = [await read('llms.txt'), await read('src/mcp/schemas.ts')]
    const tools = [...schemas.matchAll(/^ {2}([a-z_]+): z\.strictObject/gm)].map(([, name]) => name)
    expect(tools).toHaveLength(6)
    for (const name of tools) {
      expect(page).toContain(`| \`${name}\` |`)
      expect(llms).toContain(`- \`${name} {`)
    }
    const options =
      (await read('src/mcp/options.ts')).split('export type McpOptions = {')[1]?.split('\n}')[0] ?? ''
    const named = [...options.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name)
    expect(named.length).toBeGreaterThan(7)
    for (const name of named) expect(page).toMatch(new RegExp(`^\\| \`${name}\` \\|`, 'm'))
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

describe('docs/testing.md', () => {
  const examples = [...readdirSync(join(root, 'examples/testing')), 'jest/cover.test.js']
    .filter((file) => /\.(ts|js)$/.test(file))
    .map((file) => `examples/testing/${file}`)

  it.each(examples)('quotes %s as it runs', async (file) => {
    const quoted = [...(await read('docs/testing.md')).matchAll(/```[jt]s\n(.*?\n)```/gs)].map(
      ([, code]) => code,
    )
    expect(quoted).toContain(await read(file))
    expect(quoted).toHaveLength(examples.length)
  })
})

describe('docs/wallets.md', () => {
  const recipes = ['', '/services'].flatMap((folder) =>
    readdirSync(join(root, `examples/wallets${folder}`))
      .filter((file) => file.endsWith('.ts') && !file.startsWith('vitest'))
      .map((file) => `examples/wallets${folder}/${file}`),
  )

  it.each(recipes)('quotes %s as it is tested', async (file) => {
    const quoted = [...(await read('docs/wallets.md')).matchAll(/```ts\n(.*?\n)```/gs)].map(
      ([, code]) => code,
    )
    expect(quoted).toContain(await read(file))
    expect(quoted).toHaveLength(recipes.length)
  })

  it('names only error codes that exist', async () => {
    const facts = await read('src/errors/facts.ts')
    const rows = [...(await read('docs/wallets.md')).matchAll(/`(wallet_[a-z_]+)`/g)]
    expect(rows.length).toBeGreaterThan(8)
    for (const [, code] of rows) expect(facts).toContain(`'${code}'`)
  })
})

/** Documents that name files from the root of the repository. */
const documents = [
  ...readdirSync(root).filter((file) => file.endsWith('.md') || file === 'llms.txt'),
  ...readdirSync(join(root, 'docs')).flatMap((file) => (file.endsWith('.md') ? [`docs/${file}`] : [])),
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
      // What is above the entries, and they, import what stands beside, too.
      const targets = (await importsOf(file)).filter(
        (one) => !['cli', 'local', 'entries'].includes(placeOf(file)) || rank(one) >= 0,
      )
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
    const files = ['src/errors/facts.ts', 'src/sandbox/wire/fault-kinds.ts', 'src/proxy/refusals.ts']
    const source = (await Promise.all(files.map(read))).join('\n')
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
