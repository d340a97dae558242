// What is used of the MCP library. The build bundles it into one file, so that users of the package install nothing more.
import { createMcpHandler } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'

export { createRequestStateCodec, inputRequired, McpServer } from '@modelcontextprotocol/server'
export { StdioServerTransport } from '@modelcontextprotocol/server/stdio'

/** In an object, because in CommonJS the bundler would rename our functions of the same names. */
export const serving = { http: createMcpHandler, stdio: serveStdio }
