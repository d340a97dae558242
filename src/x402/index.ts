// Entry `stablestudio/x402`: the primitives of x402 v2 `exact` on EVM, usable without the client.
export { type Asset, assetOf, usdcAssets, type X402Network } from './assets.ts'
export {
  type Authorization,
  authorizationTypedData,
  createAuthorization,
  encodeExactPayment,
} from './exact.ts'
export {
  decodePaymentRequired,
  decodePaymentResponse,
  encodePaymentSignature,
  parsePaymentRequired,
} from './header.ts'
export { type ExactOffer, type OfferExpectation, selectExactOffer } from './offer.ts'
export type { PaymentRequired, PaymentRequirements, PaymentResponse } from './schemas.ts'
