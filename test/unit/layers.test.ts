// The layout as a table: which folder (or file on top) may import which. Types count, and there is no way around.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = new URL('../../src/', import.meta.url).pathname

const core = ['internal', 'types', 'errors']
const made = [...core, 'call', 'context']
const seam = ['methods', 'ledger', 'catalogue', 'wallet']

/** Folder or file → what it may import besides itself. What stands here in this order is the order of reading, upwards. */
const table: Record<string, readonly string[]> = {
  internal: ['types'],
  types: [],
  errors: ['types'],
  x402: ['internal', 'errors'],
  siwx: ['internal', 'errors'],
  events: core,
  explorer: ['types'],
  catalogue: core,
  wallet: [...core, 'x402'],
  methods: [...core, 'wallet', 'x402', 'siwx'],
  ledger: core,
  config: [...core, ...seam],
  context: [...core, ...seam, 'config', 'events'],
  call: [...core, 'catalogue'],
  boundary: made,
  service: [...made, ...seam, 'boundary', 'siwx', 'x402'],
  payment: [...made, ...seam, 'service'],
  uploads: [...made, ...seam, 'boundary', 'service', 'payment'],
  waiting: [...made, ...seam, 'service'],
  actions: [...made, 'config', ...seam, 'service', 'payment', 'uploads', 'waiting'],
  bind: [...made, 'actions', 'boundary', 'config', 'events'],
  client: [...core, 'actions', 'bind', 'call', 'catalogue', 'config', 'events'],
  stores: [...core, 'ledger'],
  spend: [...core, 'ledger', 'methods', 'siwx', 'stores', 'wallet', 'x402'],
  proxy: core,
  files: [...core, 'service', 'uploads'],
  sandbox: [...core, 'catalogue', 'methods', 'siwx', 'x402'],
}

/** Entries re-export, and nothing imports them but integrations. */
const entries = ['index', 'entries']

/**
 * Integrations see no more of the package than an application: its entries. The tools for agents share the helpers, too,
 * which know nothing of payments: text made safe, amounts, media types.
 */
const integrations: Record<string, readonly string[]> = {
  ai: ['index'],
  bullmq: ['index'],
  react: ['index'],
  mcp: ['index', 'entries', 'internal'],
  local: ['index', 'entries', 'internal'],
  cli: ['index', 'entries', 'internal', 'local', 'ai'],
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const found = [
    ...text.matchAll(
      /^\s*(?:import|export)\b[^'"]*?from '(\.[^']+)'|import\('(\.[^']+)'\)|^import '(\.[^']+)'/gm,
    ),
  ]
  return found.map((match) => normalize(join(dirname(file), match[1] ?? match[2] ?? match[3] ?? '')))
}

const placeOf = (file: string) => file.replace(/\/.*$|\.ts$/, '')

describe('the layers', () => {
  it('hold every file', () => {
    for (const file of files)
      expect([...Object.keys(table), ...entries, ...Object.keys(integrations)]).toContain(placeOf(file))
  })

  it.each(files)('%s imports only what stands below it', (file) => {
    const place = placeOf(file)
    for (const target of importsOf(file)) {
      const to = placeOf(target)
      const seen = integrations[place]
      if (seen) {
        expect([place, ...seen], `${file} imports ${target}`).toContain(to)
        continue
      }
      expect(entries, `${file} imports the entry ${target}`).not.toContain(to)
      if (to !== place && !entries.includes(place))
        expect(table[place], `${file} imports ${target}`).toContain(to)
    }
  })

  it('have no circle, types included', () => {
    const state = new Map<string, 'open' | 'done'>()
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return
      if (state.get(file) === 'open')
        throw new Error(`A circle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`)
      state.set(file, 'open')
      for (const target of importsOf(file)) if (files.includes(target)) visit(target, [...path, file])
      state.set(file, 'done')
    }
    for (const file of files) visit(file, [])
  })

  it('has names in kebab-case', () => {
    for (const file of files) expect(file).toMatch(/^[a-z0-9/-]+\.ts$/)
  })
})
