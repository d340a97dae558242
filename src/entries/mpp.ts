/**
 * Payment by MPP (Machine Payments Protocol) on Tempo, over the optional peer `mppx`.
 *
 * @module stablestudio/mpp
 */
export { type TempoCurrency, tempoCurrencies, tempoNetwork } from '../methods/mpp/currencies.ts'
export { type MppOptions, mpp } from '../methods/mpp/mpp.ts'
export type { MppMode } from '../methods/mpp/offer.ts'
export type { MppAccount } from '../methods/mpp/payer.ts'
