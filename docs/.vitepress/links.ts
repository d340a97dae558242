// Links of the pages work in the repository, from file to file. Here they become links from page to page; a link to a file
// that is no page (a source, a folder) becomes its plain text, because the site has nowhere to send it.
import { dirname, join, relative } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'
import { isThere, linkTo, pages, root } from './pages.ts'

type Token = ReturnType<MarkdownRenderer['parse']>[number]

export function linkBetweenPages(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('links_between_pages', ({ tokens, env }) => {
    const file = env.realPath ?? env.path
    // A title of its own is rendered alone.
    if (!file) return
    for (const { children } of tokens) {
      if (!children) continue
      relink(children, dirname(file))
      showBothPictures(children)
    }
  })
}

/** A picture for light and one for dark: the site shows the one that fits its own switch, not only the system's. */
function showBothPictures(tokens: Token[]): void {
  let light: string | undefined
  for (const token of tokens.filter(({ type }) => type === 'html_inline')) {
    const { content } = token
    const source = /^<source media="\(prefers-color-scheme: light\)" srcset="([^"]+)">$/.exec(content)?.[1]
    if (source) light = source
    if (source || /^<\/?picture>$/.test(content)) token.content = ''
    if (!light || !content.startsWith('<img ')) continue
    const of = (file: string, scheme: string) =>
      content.replace(/src="[^"]+"/, `src="./${file}" class="only-${scheme}" loading="lazy"`)
    token.content = of(light, 'light') + of(/src="([^"]+)"/.exec(content)?.[1] ?? light, 'dark')
    light = undefined
  }
}

function relink(tokens: Token[], folder: string): void {
  let unlinked = false
  for (const token of tokens) {
    if (token.type === 'link_open') {
      const target = targetOf(String(token.attrGet('href')), folder)
      if (target) token.attrSet('href', target)
      unlinked = target === undefined
    }
    if (!unlinked) continue
    // An empty text token: neither the link nor its end is rendered.
    if (token.type === 'link_close') unlinked = false
    if (token.type === 'link_open' || token.type === 'link_close')
      Object.assign(token, { type: 'text', content: '' })
  }
}

/** @returns `undefined` for a file that is there but is no page. VitePress itself finds pages that are not there. */
function targetOf(href: string, folder: string): string | undefined {
  if (/^([a-z]+:|#|\/)/.test(href)) return href
  const [path = '', hash] = decodeURI(href).split('#')
  const file = relative(root, join(folder, path)).replace(/\/$/, '')
  const page = [file, `${file}/README.md`].find(
    (one) => pages.includes(one) || (one.startsWith('docs/api/') && isThere(one)),
  )
  if (page) return linkTo(page) + (hash ? `#${hash}` : '')
  if (isThere(file)) return undefined
  if (path.endsWith('.md')) return href
  throw new Error(`A page in ${folder} links to ${href}, which is not there.`)
}
