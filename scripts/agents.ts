// Starts the built tools as a host does, as ESM and as CommonJS, and pays with them in both protocols: what is bundled for
// them must be all that they need.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

const root = join(import.meta.dirname, '..')

const server = (load: (name: string, names: string) => string, folder: string) => `
  ${load('stablestudio', '{ StableStudioClient }')}
  ${load('stablestudio/mcp', '{ serveStdio }')}
  ${load('stablestudio/sandbox', '{ createSandbox }')}
  ${load('viem/accounts', '{ generatePrivateKey, privateKeyToAccount }')}
  const wallet = privateKeyToAccount(generatePrivateKey())
  const sandbox = createSandbox({ instant: true })
  sandbox.fund(wallet.address, '1')
  const client = new StableStudioClient({ wallet, fetch: sandbox.fetch, limits: { perCall: '0.05' } })
  const options = { client, outputFolder: ${JSON.stringify(folder)}, inputFolders: [], askAbove: '0' }
  serveStdio(options).closed.then(() => process.exit(0))`

const formats = {
  ESM: ['--input-type=module', (name: string, names: string) => `import ${names} from '${name}'`],
  CommonJS: ['--input-type=commonjs', (name: string, names: string) => `const ${names} = require('${name}')`],
} as const

async function pay(format: keyof typeof formats, mode: 'legacy' | 'auto', folder: string): Promise<string> {
  const [flag, load] = formats[format]
  const client = new Client(
    { name: 'check', version: '1' },
    { capabilities: { elicitation: {} }, versionNegotiation: { mode } },
  )
  client.setRequestHandler('elicitation/create', async () => ({
    action: 'accept',
    content: { approve: true },
  }))
  const args = [flag, '-e', server(load, folder)]
  await client.connect(new StdioClientTransport({ command: process.execPath, args, cwd: root }))
  try {
    const input = { prompt: `${format} ${mode}`, quality: 'low' }
    const given = { operation: 'gpt-image-1.5/generate', input }
    const { content } = await client.callTool({ name: 'generate', arguments: given })
    const [block] = content as { text?: string }[]
    return block?.text ?? 'nothing'
  } finally {
    await client.close()
  }
}

const folder = await mkdtemp(join(tmpdir(), 'stablestudio-agents-'))
try {
  for (const format of ['ESM', 'CommonJS'] as const) {
    for (const mode of ['legacy', 'auto'] as const) {
      const said = await pay(format, mode, folder)
      const fine = said.startsWith('{"status":"done"')
      if (!fine) process.exitCode = 1
      const era = mode === 'legacy' ? '2025' : '2026'
      process.stdout.write(
        `${fine ? 'ok  ' : 'FAIL'} tools for agents: ${format}, ${era}${fine ? '' : `: ${said}`}\n`,
      )
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
