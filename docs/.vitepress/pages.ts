// What is a page of the site, where it is, and its place in the sidebar. The files keep the places that they have in the
// repository, where their links work as well.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

type Section = { text: string; pages: Record<string, string> }

/** Source file from the root of the repository → its name in the sidebar. */
export const sections: Section[] = [
  {
    text: 'Start',
    pages: {
      'docs/start.md': 'Your first picture',
      'README.md': 'At a glance',
      'docs/client.md': 'The client',
    },
  },
  {
    text: 'Guides',
    pages: {
      'docs/wallets.md': 'Wallets',
      'docs/dapps.md': 'Dapps',
      'docs/proxy.md': 'The proxy',
      'docs/ai-sdk.md': 'AI SDK',
      'docs/agents.md': 'Agents',
      'docs/command.md': 'The command',
      'docs/scale.md': 'Many machines',
      'docs/testing.md': 'Testing',
      'docs/recipes.md': 'Recipes',
      'docs/observe.md': 'Traces and logs',
    },
  },
  {
    text: 'Money',
    pages: {
      'docs/money.md': 'What happens to your money',
      'docs/events-and-values.md': 'Events and values',
      'docs/troubleshooting.md': 'Troubleshooting',
      'SECURITY.md': 'Security',
    },
  },
  { text: 'Ways to pay', pages: { 'docs/solana.md': 'USDC on Solana', 'docs/mpp.md': 'MPP on Tempo' } },
  {
    text: 'Coming from elsewhere',
    pages: { 'docs/comparison.md': 'Comparison', ...titlesOf(/^migrate-.*\.md$/) },
  },
  {
    text: 'Examples',
    pages: {
      'examples/README.md': 'All examples',
      'examples/wagmi/README.md': 'Vite and wagmi',
      'examples/next/README.md': 'Next',
      'examples/dapp/README.md': 'No framework',
      'examples/serverless/README.md': 'Serverless',
      'examples/batch/README.md': 'A batch on three workers',
    },
  },
  {
    text: 'The project',
    pages: {
      'ARCHITECTURE.md': 'Architecture',
      'CONTRIBUTING.md': 'Contributing',
      'CHANGELOG.md': 'Changelog',
      'bench/README.md': 'What is measured',
      'bench/results/growth.md': 'How the ledger grows',
    },
  },
]

/** What the bar at the top names. */
export const top = { 'docs/operations.md': 'Operations', 'docs/playground.md': 'Playground' }

/** Pages of `docs/` by their first heading: how many there are of them is up to who writes them. */
function titlesOf(names: RegExp): Record<string, string> {
  const files = readdirSync(`${root}docs`).filter((file) => names.test(file))
  return Object.fromEntries(
    files.map((file) => [
      `docs/${file}`,
      /^# (.+)$/m.exec(readFileSync(`${root}docs/${file}`, 'utf8'))?.[1] ?? file,
    ]),
  )
}

/** Where a file is on the site: `docs/money.md` is `money.md`, a README is the page of its folder. */
export function placeOf(file: string): string {
  if (file === 'README.md') return 'readme.md'
  if (/^[A-Z]+\.md$/.test(file)) return file.toLowerCase()
  if (file.startsWith('docs/')) return file.slice('docs/'.length)
  return file.replace('bench/results/', 'bench/').replace(/README\.md$/, 'index.md')
}

export const isThere = (file: string) => existsSync(root + file)

/** Every page but those of the API. */
export const pages = [
  'docs/index.md',
  ...Object.keys(top),
  ...sections.flatMap((one) => Object.keys(one.pages)),
].filter(isThere)

export const linkTo = (file: string) => `/${placeOf(file).replace(/(index)?\.md$/, '')}`
