// On a server the hook is loaded and rendered without a window, and its entry is marked for React Server Components.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { StableStudioClient } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import { describe, expect, it, vi } from 'vitest'
import { createProbe, loadReact, openDocument, versions } from '../../support/react.ts'

describe.each(versions)('on a server with React %s', (version) => {
  it('renders idle, and asks the service nothing', async () => {
    const react = await loadReact(version)
    expect('window' in globalThis).toBe(false)
    const sandbox = createSandbox()
    const probe = createProbe(react, new StableStudioClient({ fetch: sandbox.fetch }))
    expect(react.renderToString(react.createElement(probe.Probe))).toBe('<p>idle</p>')
    expect(sandbox.requests()).toEqual([])
  })

  it('hydrates to the same, also where a reload left something open', async () => {
    const react = await loadReact(version)
    openDocument()
    localStorage.setItem('stablestudio/generation/generation', JSON.stringify({ key: 'k' }))
    const sandbox = createSandbox({ instant: true })
    const probe = createProbe(react, new StableStudioClient({ fetch: sandbox.fetch }))
    const main = document.body.appendChild(document.createElement('main'))
    main.innerHTML = '<p>idle</p>'
    const complained = vi.spyOn(console, 'error')
    await react.act(async () => react.hydrateRoot(main, react.createElement(probe.Probe)))
    expect(complained).not.toHaveBeenCalled()
    expect(probe.now.state).toBe('idle')
  })
})

describe('the entry', () => {
  it.each(['src/entries/react.ts', 'src/react/use-generation.ts'])(
    '%s begins as a client module',
    async (file) => {
      expect(await readFile(new URL(`../../../${file}`, import.meta.url), 'utf8')).toMatch(
        /^(\/\*\*.*?\*\/\n)?'use client'\n/s,
      )
    },
  )

  it('imports nothing but React and the client', async () => {
    const { stdout } = await promisify(execFile)('grep', ['-rhE', "^[^*]* from '[^']+'", 'src/react'])
    const names = [...stdout.matchAll(/ from '([^']+)'/g)].map(([, name = '']) => name)
    expect([...new Set(names)].filter((name) => !name.startsWith('./')).sort()).toEqual([
      '../index.ts',
      'react',
    ])
  })
})
