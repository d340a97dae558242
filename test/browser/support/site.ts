// The documentation site as it is built, on a free port.
import { execFile } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { closeServer, urlOf } from './plain-page.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const built = join(root, 'docs/.vitepress/dist')

/** Builds the site, unless that has been done since the last change. */
export async function buildSite(): Promise<void> {
  const [made, changed] = await Promise.all([
    newest([built]),
    newest([join(root, 'docs'), join(root, 'src')]),
  ])
  if (made > changed) return
  await promisify(execFile)('npm', ['run', 'build', '--prefix', 'docs'], { cwd: root })
}

/** When the newest file of these folders was changed, ms; what is made from them is not asked. */
async function newest(folders: readonly string[]): Promise<number> {
  const times = folders.map(async (folder) => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    const files = entries.filter((entry) => entry.isFile()).map(({ name }) => stat(join(folder, name)))
    const inner = entries.filter((entry) => entry.isDirectory() && !generated.includes(entry.name))
    const own = (await Promise.all(files)).map(({ mtimeMs }) => mtimeMs)
    return Math.max(0, ...own, await newest(inner.map(({ name }) => join(folder, name))))
  })
  return Math.max(0, ...(await Promise.all(times)))
}

const generated: readonly string[] = ['node_modules', 'dist', 'cache', '.temp', 'api']

const types: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

export type ServedSite = { url: string; close(): Promise<void> }

/** Like a host of static files: pages have no ending in their address. */
export async function serveSite(): Promise<ServedSite> {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://site').pathname)
    const file = path.endsWith('/') ? `${path}index.html` : extname(path) ? path : `${path}.html`
    const content = await readFile(join(built, file)).catch(() => undefined)
    response.writeHead(content ? 200 : 404, { 'content-type': types[extname(file)] ?? 'text/plain' })
    response.end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: urlOf(server), close: () => closeServer(server) }
}
