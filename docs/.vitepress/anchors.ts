// VitePress finds links to pages that are not there; this finds links to headings that are not.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

type Page = { ids: Set<string>; links: string[] }

/** @param folder the built site. @throws with every link whose heading is on no page. */
export function checkAnchors(folder: string): void {
  const files = globSync('**/*.html', { cwd: folder })
  const pages = new Map(files.map((file) => [file, read(join(folder, file))]))
  const dead = files.flatMap((file) =>
    (pages.get(file)?.links ?? [])
      .filter((link) => {
        const [path = '', id = ''] = decodeURI(link).split('#')
        return !(pages.get(targetOf(file, path, pages))?.ids.has(id) ?? false)
      })
      .map((link) => `${file}: ${link}`),
  )
  if (dead.length > 0) throw new Error(`Links to headings that are not there:\n${dead.join('\n')}`)
}

/** The links of a page that name a heading, and the headings that it has. */
function read(path: string): Page {
  const html = readFileSync(path, 'utf8')
  const links = [...html.matchAll(/<a [^>]*href="(?!https?:)([^"]*#[^"]+)"/g)].map(([, href = '']) => href)
  return { links, ids: new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id)) }
}

function targetOf(file: string, path: string, pages: ReadonlyMap<string, Page>): string {
  if (path === '') return file
  const target = path.startsWith('/') ? path.slice(1) : normalize(join(dirname(file), path))
  return [target, `${target}.html`, join(target, 'index.html')].find((one) => pages.has(one)) ?? target
}
