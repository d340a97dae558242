// Starts examples/next as it was built, on the sandbox, and has its server pay for a picture: the form is sent as a browser
// without scripts sends it, and the picture that the page then shows must load.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../examples/next', import.meta.url))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** The hidden fields of the form that has this button. */
function fieldsOf(html: string, button: string): FormData {
  const form = html.split('<form').find((one) => one.includes(button)) ?? ''
  const fields = new FormData()
  for (const [, name = '', value = ''] of form.matchAll(
    /<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?/g,
  ))
    fields.set(name, value.replaceAll('&quot;', '"').replaceAll('&amp;', '&'))
  return fields
}

async function picture(url: string): Promise<string> {
  const fields = fieldsOf(await (await fetch(url)).text(), 'Make it for me')
  fields.set('key', crypto.randomUUID())
  fields.set('prompt', 'A paper boat on a puddle')
  const html = await (
    await fetch(url, { method: 'POST', body: fields, headers: { origin: new URL(url).origin } })
  ).text()
  const src = /<img[^>]* src="([^"]+)"[^>]*>(?:(?!<\/figure>).)*on the house/s.exec(html)?.[1]
  if (!src)
    throw new Error(`No picture in the answer to ${[...fields.keys()].join(', ')}: ${html.slice(0, 2_000)}`)
  const answer = await fetch(new URL(src, url))
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const isPng = bytes.length > 1_000 && String.fromCharCode(...bytes.subarray(1, 4)) === 'PNG'
  if (!answer.ok || !isPng) throw new Error(`The picture ${src} does not load: ${answer.status}`)
  return `${new URL(src, url).href}, ${bytes.length} bytes`
}

const port = await freePort()
const next = spawn(
  process.execPath,
  ['node_modules/next/dist/bin/next', 'start', '--hostname', '127.0.0.1', '--port', String(port)],
  {
    cwd: folder,
    env: { ...process.env, STABLESTUDIO: 'sandbox', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
)
try {
  await new Promise<void>((resolve, reject) => {
    let said = ''
    next.once('exit', (code) => reject(new Error(`next ended with ${code}: ${said}`)))
    next.stdout.on('data', (text) => {
      said += text
      if (said.includes('Ready')) resolve()
    })
  })
  process.stdout.write(
    `The server of examples/next paid for ${await picture(`http://127.0.0.1:${port}/`)}.\n`,
  )
} finally {
  next.kill()
}
