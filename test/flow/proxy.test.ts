// The relay as applications mount it: under node:http, Hono, and as Next's route handlers.
import { createServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { toNodeListener } from 'stablestudio/node'
import { createProxy } from 'stablestudio/proxy'
import { describeRelayed, type Mounted } from '../support/relayed.ts'

describeRelayed('under node:http', async (target) =>
  started(createServer(toNodeListener(createProxy({ target }))).listen(0, '127.0.0.1')),
)

describeRelayed('as a route of Hono', async (target) => {
  const proxy = createProxy({ target })
  const app = new Hono()
  app.all('/api/stablestudio/*', (context) => proxy(context.req.raw))
  return started(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server)
})

describeRelayed('mounted in Hono', async (target) => {
  const app = new Hono()
  app.mount('/api/stablestudio', createProxy({ target }))
  return started(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server)
})

describeRelayed('as route handlers of Next', async (target) => {
  const proxy = createProxy({ target })
  const route = { DELETE: proxy, GET: proxy, POST: proxy, PUT: proxy }
  return started(createServer(toNodeListener(nextApp(route))).listen(0, '127.0.0.1'))
})

type Handler = (request: Request, context: { params: Promise<{ path: string[] }> }) => Promise<Response>

/** What Next does around the handlers of `app/api/stablestudio/[...path]/route.ts`. */
function nextApp(route: Record<string, Handler>) {
  return async (request: Request): Promise<Response> => {
    const { pathname, search, origin } = new URL(request.url)
    if (pathname.length > 1 && pathname.endsWith('/')) {
      return new Response(null, { status: 308, headers: { location: `${pathname.slice(0, -1)}${search}` } })
    }
    const [, rest] = /^\/api\/stablestudio\/(.+)$/.exec(pathname) ?? []
    if (rest === undefined) return new Response('Not found', { status: 404 })
    const handler = Object.hasOwn(route, request.method) ? route[request.method] : undefined
    if (!handler) return new Response(null, { status: 405 })
    // Next names the address that it listens on, not the one that was asked for.
    const seen = new Request(request.url.replace(origin, 'http://localhost:3000'), request)
    return handler(seen, { params: Promise.resolve({ path: rest.split('/') }) })
  }
}

async function started(server: Server): Promise<Mounted> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      ;(server as ReturnType<typeof createServer>).closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
