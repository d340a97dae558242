/**
 * A payment store on the runtime's own SQLite, for one machine.
 *
 * @module stablestudio/sqlite
 */
export { sqliteStore } from '../stores/sqlite.ts'
