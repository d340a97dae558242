// The refusal of an offer that must not be signed.

import type { ErrorCode } from '../errors/facts.ts'
import { OfferRefusedError } from '../errors.ts'
import { showValue } from '../internal/text.ts'

const hints: { [code in ErrorCode]?: string } = {
  offer_expired: 'Try again; if it persists, check the clock of this machine.',
  resource_mismatch: 'Check `baseUrl` and `origin`: offers must be for the service that they name.',
}

/** Says what was offered and what is allowed. The offered part is the server's text. */
export function refuseOffer(
  code: ErrorCode,
  message: string,
  offered: unknown,
  allowed: unknown,
): OfferRefusedError {
  const hint = hints[code] ?? 'If the service really changed this, look for a newer version of this package.'
  return new OfferRefusedError(message, {
    code,
    details: allowed === undefined ? undefined : `Offered: ${showValue(offered)}. Allowed: ${allowed}.`,
    hint: `Nothing was signed. ${hint}`,
  })
}
