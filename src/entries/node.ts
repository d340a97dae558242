/**
 * Files, and `node:http`. Runs on Node, Bun and Deno.
 *
 * @module stablestudio/node
 */
export { fromFile } from '../files/from-file.ts'
export { type SaveOptions, saveTo } from '../files/save-to.ts'
export { toNodeListener } from '../proxy/node-listener.ts'
export { fileStore } from '../stores/file.ts'
