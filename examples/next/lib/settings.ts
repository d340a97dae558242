// What the page runs on.

/** StableStudio in memory, and play money. */
export const isSandbox = process.env.NEXT_PUBLIC_STABLESTUDIO === 'sandbox'

/** The sandbox's chain, on this server. */
export const rpcPath = '/sandbox/rpc'
