// Entry `stablestudio/browser`: a payment store in the page's IndexedDB.
export { indexedDbStore } from '../stores/indexed-db.ts'
