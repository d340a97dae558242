// What Vercel does with the functions in a folder `api/`: one process, a path for each file, a method for each export.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as collect from '../../examples/serverless/api/collect.ts'
import * as pictures from '../../examples/serverless/api/pictures.ts'
import * as settle from '../../examples/serverless/api/settle.ts'
import { toNodeListener } from '../../src/entries/node.ts'

type Functions = Record<string, (request: Request) => Promise<Response>>

const functions = new Map<string, Functions>([
  ['/api/pictures', pictures],
  ['/api/collect', collect],
  ['/api/settle', settle],
])

const server = createServer(
  toNodeListener(async (request) => {
    const methods = functions.get(new URL(request.url).pathname)
    const handler = methods?.[request.method]
    return handler ? handler(request) : new Response(null, { status: methods ? 405 : 404 })
  }),
)
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
