/**
 * The primitives of x402 v2 `exact` on EVM, usable without the client.
 *
 * @module stablestudio/x402
 */
export { type Asset, assetOf, usdcAssets, type X402Network } from '../x402/assets.ts'
export {
  type Authorization,
  authorizationTypedData,
  createAuthorization,
  encodeExactPayment,
} from '../x402/exact.ts'
export {
  decodePaymentRequired,
  decodePaymentResponse,
  encodePaymentSignature,
  type PaymentRequired,
  type PaymentRequirements,
  type PaymentResponse,
  parsePaymentRequired,
} from '../x402/header.ts'
export { type ExactOffer, type OfferExpectation, selectExactOffer } from '../x402/offer.ts'
