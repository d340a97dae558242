// Whether the price may be paid: a yes at the terminal, `--yes`, `--max-price`, or the owner's setting. Silence is a no.
import { ApprovalDeniedError, OfferRefusedError, type Quote } from '../../index.ts'
import { networkName } from '../../internal/networks.ts'
import { formatUsd, parseUsd } from '../../internal/usd.ts'
import type { Ui } from '../terminal/ui.ts'

export type Consent = {
  /** USD, for everything together. */
  maxPrice?: string | undefined
  yes?: boolean | undefined
  /** The owner's setting: up to it nobody is asked. */
  askAbove?: string | undefined
  signal: AbortSignal
  /** The flag that agrees to a sum. @default '--max-price' */
  flag?: string
}

export function sumOf(quotes: readonly Quote[]): bigint {
  return quotes.reduce((sum, { amount }) => sum + amount, 0n)
}

/** @throws {OfferRefusedError} above `--max-price` · {ApprovalDeniedError} when nobody agreed. Nothing was signed. */
export async function askConsent(ui: Ui, quotes: readonly Quote[], consent: Consent): Promise<void> {
  const sum = sumOf(quotes)
  const most = consent.maxPrice === undefined ? undefined : parseUsd(consent.maxPrice)
  if (most !== undefined && sum > most) {
    throw new OfferRefusedError(`It costs $${formatUsd(sum)}, and \`--max-price\` is $${formatUsd(most)}.`, {
      code: 'price_above_max',
    })
  }
  if (consent.yes || most !== undefined) return
  if (consent.askAbove !== undefined && sum <= (parseUsd(consent.askAbove) ?? -1n)) return
  const [{ network, payTo } = { network: '', payTo: '' }] = quotes
  const question = `Pay $${formatUsd(sum)} USDC on ${networkName(network)} to ${payTo}?`
  if (!ui.canAsk) {
    throw new ApprovalDeniedError('Nobody agreed to the price, and nobody can be asked here.', {
      details: question,
      hint: `Nothing was signed. Agree with \`--yes\`, or with \`${consent.flag ?? '--max-price'} ${formatUsd(sum)}\`.`,
    })
  }
  const { askYes } = await import('../terminal/prompts.ts')
  if (await askYes(question, consent.signal)) return
  throw new ApprovalDeniedError('You did not agree to the price.', { hint: 'Nothing was signed.' })
}
