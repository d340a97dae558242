/**
 * The contract of a payment store, as tests.
 *
 * @module stablestudio/store-conformance
 */
export { checkStore } from '../stores/conformance/check-store.ts'
export type { StoreRule, StoreUnderTest } from '../stores/conformance/rule.ts'
export { storeRules } from '../stores/conformance/rules.ts'
