// The hook on a real React, 18 or 19, in a document of happy-dom: bundled with that version as applications bundle it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { Window } from 'happy-dom'
import type { UseGeneration, useGeneration } from 'stablestudio/react'
import { onTestFinished, vi } from 'vitest'

export const versions = ['18', '19'] as const
export type Version = (typeof versions)[number]

type Root = { render(node: unknown): void; unmount(): void }
export type React = {
  createElement: (type: unknown, props?: object | null, ...children: unknown[]) => unknown
  StrictMode: unknown
  version: string
  act<value>(work: () => Promise<value>): Promise<value>
  createRoot(container: unknown): Root
  hydrateRoot(container: unknown, node: unknown): Root
  renderToString(node: unknown): string
  useGeneration: typeof useGeneration
}

const root = new URL('../../', import.meta.url).pathname
const loaded = new Map<Version, Promise<React>>()

export function loadReact(version: Version): Promise<React> {
  const loading = loaded.get(version) ?? load(version)
  loaded.set(version, loading)
  return loading
}

async function load(version: Version): Promise<React> {
  const alias = version === '18' ? { react: 'react-18', 'react-dom': 'react-dom-18' } : {}
  const contents = `export { act, createElement, StrictMode, version } from 'react'
export { createRoot, hydrateRoot } from 'react-dom/client'
export { renderToString } from 'react-dom/server.browser'
export { useGeneration } from './src/entries/react.ts'`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    define: { 'process.env.NODE_ENV': '"development"' },
    alias,
    external: ['viem', 'viem/*'],
  })
  const folder = await mkdtemp(join(root, 'node_modules/.react-'))
  const file = join(folder, `react-${version}.mjs`)
  await writeFile(file, outputFiles[0]?.text ?? '')
  try {
    return (await import(pathToFileURL(file).href)) as React
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A page: the globals that React and the hook look for. */
export function openDocument(): Window {
  const window = new Window({ url: 'https://app.example/' })
  for (const name of ['window', 'document', 'localStorage', 'HTMLIFrameElement'] as const)
    vi.stubGlobal(name, name === 'window' ? window : window[name as 'document'])
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
  onTestFinished(() => window.happyDOM.close())
  return window
}

/** A component that shows its state, and hands out what the hook returns. */
export function createProbe(react: React, ...args: Parameters<typeof useGeneration>) {
  const seen: string[] = []
  let latest: UseGeneration | undefined
  function Probe({ studio = args[0] }: { studio?: Parameters<typeof useGeneration>[0] }) {
    latest = react.useGeneration(studio, args[1])
    if (seen.at(-1) !== latest.state) seen.push(latest.state)
    return react.createElement('p', null, latest.state)
  }
  return {
    Probe,
    seen,
    get now(): UseGeneration {
      if (!latest) throw new Error('not rendered')
      return latest
    },
  }
}
