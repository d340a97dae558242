// The relay to the service on the page's own origin. `vite` has the sandbox behind it; `vite --mode live` the real one.
import { toNodeListener } from 'stablestudio/node'
import { createProxy } from 'stablestudio/proxy'
import { createSandbox } from 'stablestudio/sandbox'
import { defineConfig, type Plugin } from 'vite'

const basePath = '/api/stablestudio'

function relay(isSandbox: boolean): Plugin {
  const sandbox = createSandbox({ speed: 2 })
  const toService = toNodeListener(createProxy({ basePath }))
  return {
    name: 'relay',
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
        if (!isSandbox) return url.pathname.startsWith(`${basePath}/`) ? toService(request, response) : next()
        // The sandbox stands at the page's own address: its pictures and its chain, too.
        if (url.pathname.startsWith(`${basePath}/`)) {
          const proxy = createProxy({ basePath, target: url.origin, fetch: sandbox.fetch })
          return toNodeListener(proxy)(request, response)
        }
        if (url.pathname === '/rpc' || url.pathname.startsWith('/generated/'))
          return toNodeListener((one) => sandbox.fetch(one))(request, response)
        if (url.pathname !== '/fund') return next()
        sandbox.fund(url.searchParams.get('address') as `0x${string}`, '20')
        response.writeHead(204).end()
      })
    },
  }
}

// biome-ignore lint/style/noDefaultExport: vite reads the default export
export default defineConfig(({ mode, command }) => {
  const isSandbox = command === 'serve' && mode !== 'live'
  return {
    plugins: [relay(isSandbox)],
    define: { __SANDBOX__: isSandbox },
    server: { host: '127.0.0.1', port: 5174 },
    build: { target: 'es2022', chunkSizeWarningLimit: 900 },
  }
})
