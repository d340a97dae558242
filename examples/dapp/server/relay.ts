// A Vite plugin: the relay to the service on the page's own origin, and the page's security headers.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { toNodeListener } from 'stablestudio/node'
import { createProxy, type ProxyOptions } from 'stablestudio/proxy'
import type { Connect, Plugin } from 'vite'
import { contentSecurityPolicy, pageHeaders } from './csp.ts'

export type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** As the page has it in src/settings.ts. */
export const relayPath = '/api/stablestudio'

export type RelayOptions = {
  /** Who may use the relay, how often, and so on. */
  proxy?: ProxyOptions | undefined
  /** What stands behind the relay in the place of the service. */
  instead?: { listenerFor(path: string, host: string): Listener | undefined } | undefined
}

/** For `vite` and `vite preview`. A deployed page needs the same two lines on its own server: see README.md. */
export function relay({ proxy, instead }: RelayOptions = {}): Plugin {
  const toService = toNodeListener(createProxy({ basePath: relayPath, ...proxy }))
  const headers = Object.entries(pageHeaders())
  const middleware: Connect.NextHandleFunction = (request, response, next) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const listener = instead
      ? instead.listenerFor(path, request.headers.host ?? 'localhost')
      : path.startsWith(`${relayPath}/`) && toService
    if (listener) return listener(request, response)
    for (const [name, value] of headers) response.setHeader(name, value)
    next()
  }
  return {
    name: 'darkroom-relay',
    configureServer: ({ middlewares }) => void middlewares.use(middleware),
    configurePreviewServer: ({ middlewares }) => void middlewares.use(middleware),
    // For hosts of static files that cannot send headers of their own.
    transformIndexHtml: {
      order: 'post',
      handler: () => [
        {
          tag: 'meta',
          attrs: {
            'http-equiv': 'Content-Security-Policy',
            content: contentSecurityPolicy({ asMeta: true }),
          },
          injectTo: 'head-prepend',
        },
      ],
    },
  }
}
