/**
 * Tools for agents. Runs on Node. The MCP library is inside, so that nothing more is installed.
 *
 * @module stablestudio/mcp
 */
export { createMcpHandler, type McpHandlerOptions } from '../mcp/http.ts'
export type { McpOptions } from '../mcp/options.ts'
export { type StdioServer, serveStdio } from '../mcp/stdio.ts'
export { addTools, type ToolServer } from '../mcp/tools.ts'
