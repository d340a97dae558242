// What vite.config.ts says this page runs on.
declare const __SANDBOX__: boolean

/** StableStudio in memory, and play money. */
export const isSandbox = __SANDBOX__
