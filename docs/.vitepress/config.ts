import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'
import { type DefaultTheme, defineConfig } from 'vitepress'
import { checkAnchors } from './anchors.ts'
import { linkBetweenPages } from './links.ts'
import { isThere, linkTo, placeOf, root, sections, top } from './pages.ts'

const itemsOf = (pages: Record<string, string>): DefaultTheme.NavItemWithLink[] =>
  Object.entries(pages)
    .filter(([file]) => isThere(file))
    .map(([file, text]) => ({ text, link: linkTo(file) }))

const sidebar = sections
  .map(({ text, pages }) => ({ text, items: itemsOf(pages) }))
  .filter(({ items }) => items.length > 0)

type Item = DefaultTheme.SidebarItem & { text: string }
const [core]: (Item & { link: string; items: Item[] })[] = JSON.parse(
  readFileSync(`${root}docs/api/typedoc-sidebar.json`, 'utf8'),
)
if (!core) throw new Error('The API reference is empty.')

/** The entry points: in TypeDoc's list the others stand among what the first one exports. */
const entries = [
  { ...core, items: core.items.filter(({ link }) => !link) },
  ...core.items.filter(({ link }) => link).map((one) => ({ ...one, text: `stablestudio/${one.text}` })),
]
const closed: Item[] = entries.map(({ items, ...entry }) => entry)

/** All entry points, and what the one at hand exports. */
const apiSidebars = Object.fromEntries([
  ['/api/', closed],
  ...entries.map((entry, at) => [entry.link, closed.with(at, { ...entry, collapsed: false })]),
])

/** Pages outside of docs/ become modules that import Vue, which is installed in docs/ only. */
const vueFromHere: Plugin = {
  name: 'vue-from-here',
  enforce: 'pre',
  resolveId(id, importer, { ssr }) {
    if (!/^vue(\/|$)/.test(id) || !importer) return undefined
    return ssr ? { id, external: true } : this.resolve(id, `${root}docs/index.md`, { skipSelf: true })
  },
}

// biome-ignore lint/style/noDefaultExport: VitePress reads the default export
export default defineConfig({
  title: 'stablestudio',
  description:
    'The TypeScript client for StableStudio: images, videos and SVGs, paid per call in USDC from your own wallet.',
  lang: 'en',
  // The whole repository: its READMEs are pages as well, and what they link to is checked.
  srcDir: root,
  outDir: `${root}docs/.vitepress/dist`,
  cacheDir: `${root}docs/.vitepress/cache`,
  srcExclude: ['AGENTS.md', 'test/**', 'src/**', 'bench/results/table.md', '.*/**'],
  rewrites: placeOf,
  buildEnd: ({ outDir }) => checkAnchors(outDir),
  cleanUrls: true,
  // What all pages share, such as the sidebars, once instead of in each.
  metaChunk: true,
  vite: {
    plugins: [vueFromHere],
    // The client loads its actions with the first call, in a worker as well: such a worker must be a module.
    worker: { format: 'es' },
    build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 2000 },
  },
  markdown: { config: linkBetweenPages },
  themeConfig: {
    nav: [{ text: 'Start', link: '/start' }, ...itemsOf(top), { text: 'API', link: '/api/' }],
    sidebar: { ...apiSidebars, '/': sidebar },
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          // A guide says more than the names of an interface.
          searchOptions: { boostDocument: (id: string) => (id.startsWith('/api/') ? 0.3 : 1) },
        },
      },
    },
  },
})
