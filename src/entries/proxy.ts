/**
 * A relay on an application's own origin, because the service sends no CORS headers.
 *
 * @module stablestudio/proxy
 */
export { createProxy, type ProxyHook, type ProxyOptions } from '../proxy/proxy.ts'
export type { ProxyErrorCode } from '../proxy/refusals.ts'
