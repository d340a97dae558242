// The sandbox as a server of its own, for compose.yaml: `WALLET` gets what it can spend. Prints what was paid on /paid.
import { createServer } from 'node:http'
import { createSandbox } from 'stablestudio/sandbox'

const sandbox = createSandbox({ speed: 4 })
sandbox.fund(process.env.WALLET as `0x${string}`, '100')
const { url } = await sandbox.listen({ port: 4021, host: '0.0.0.0' })
createServer((_, answer) => answer.end(`${sandbox.settlements().length} payments\n`)).listen(4022)
process.stdout.write(`The sandbox listens on ${url}\n`)
