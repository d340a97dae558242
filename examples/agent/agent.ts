// An agent that makes a picture and edits it within a budget: `npm run demo:agent`. The tools, the protocol, the payments
// and the files are real, on the sandbox. Only the language model is a stand-in (scripted-model.ts), so that this runs
// without an account: put a model of any provider in its place, such as `anthropic('claude-…')`.
import { createServer } from 'node:http'
import { resolve } from 'node:path'
import { createMCPClient } from '@ai-sdk/mcp'
import { generateText, isStepCount } from 'ai'
import { StableStudioClient } from 'stablestudio'
import { createMcpHandler } from 'stablestudio/mcp'
import { toNodeListener } from 'stablestudio/node'
import { createSandbox } from 'stablestudio/sandbox'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { scriptedModel } from './scripted-model.ts'

// A wallet of the agent's own, with little money.
const wallet = privateKeyToAccount(generatePrivateKey())
const sandbox = createSandbox({ speed: 5 })
sandbox.fund(wallet.address, '1')

const client = new StableStudioClient({
  wallet,
  limits: { perCall: '0.10', perDay: '0.20' },
  fetch: sandbox.fetch,
})
const token = generatePrivateKey()
const handle = createMcpHandler({
  client,
  outputFolder: resolve('output'),
  authorize: (request) => request.headers.get('authorization') === `Bearer ${token}`,
})
const server = createServer(toNodeListener(handle))
await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
const { port } = server.address() as { port: number }

const url = `http://127.0.0.1:${port}/mcp`
const mcp = await createMCPClient({
  transport: { type: 'http', url, headers: { authorization: `Bearer ${token}` } },
})
const say = (line: string) => process.stdout.write(`${line}\n`)
const { text } = await generateText({
  model: scriptedModel,
  tools: await mcp.tools(),
  stopWhen: isStepCount(8),
  prompt: 'Make a picture of a lighthouse at dusk for at most 5 cents, then show it at night.',
  onStepFinish: ({ toolCalls, toolResults }) => {
    for (const { toolName, input } of toolCalls) say(`→ ${toolName} ${JSON.stringify(input)}`)
    for (const { output } of toolResults) say(`← ${textOf(output).slice(0, 300)}`)
  },
})
say(text)
say(`${sandbox.settlements().length} payments, $${sandbox.balance(wallet.address)} left of $1.00`)
await mcp.close()
server.closeAllConnections()
server.close()

/** What a tool said, as the model reads it. */
function textOf(output: unknown): string {
  const { content } = output as { content?: { text?: string }[] }
  return content?.[0]?.text ?? JSON.stringify(output)
}
