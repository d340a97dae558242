/**
 * For pages, a payment store in IndexedDB and an account for small amounts.
 *
 * @module stablestudio/browser
 */
export type { SpendTransfer } from '../spend/deposit.ts'
export type { SpendBalance } from '../spend/purse.ts'
export type { SpendPrompt } from '../spend/send.ts'
export {
  createSpendAccount,
  type SpendAccount,
  type SpendAccountOptions,
  type SpendOptions,
} from '../spend/spend-account.ts'
export { indexedDbStore } from '../stores/indexed-db.ts'
