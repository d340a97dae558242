// The price of a body: the catalogue's, a share of its range where it knows only that, or the caller's own.
import { findOperation } from '../../catalogue/operations.ts'
import { parseUsd } from '../../internal/usd.ts'
import type { SandboxOptions } from '../state/types.ts'

/** The share of the range, per mille, by quality and shape, as in the published prices of gpt-image-1. */
const qualityShares: Record<string, readonly [square: bigint, wide: bigint]> = {
  low: [0n, 21n],
  medium: [130n, 217n],
  high: [665n, 1000n],
}

/** Prices are whole tenths of a cent. */
const step = 1000n

/** Quoted for a body that is invalid or has no price, atomic units. */
export function ceilingOf(operation: string): bigint {
  return operation.startsWith('seedance') ? 20_000_000n : 10_000_000n
}

/** The price of a valid body, atomic units; `undefined` when there is none. */
export function priceOf(
  operation: string,
  body: Record<string, unknown>,
  override: SandboxOptions['price'],
): bigint | undefined {
  try {
    const own = override?.(operation, { ...body })
    return own === undefined ? listPrice(operation, body) : parseUsd(own)
  } catch {
    return undefined
  }
}

function listPrice(operation: string, body: Record<string, unknown>): bigint | undefined {
  const range = findOperation(operation)?.price(chosenBy(operation, body))
  const min = parseUsd(range?.min ?? '')
  const max = parseUsd(range?.max ?? '')
  if (min === undefined || max === undefined) return undefined
  const exact = min + ((max - min) * shareOf(operation, body)) / 1000n
  return min === max ? min : ((exact + step / 2n) / step) * step
}

/** The model's own choices where the body leaves them open. */
function chosenBy(operation: string, body: Record<string, unknown>): Record<string, unknown> {
  if (!operation.startsWith('gpt-image')) return body
  const { quality = 'high', size = 'auto' } = body
  return { ...body, quality, size: size === 'auto' ? '1024x1024' : size }
}

function shareOf(operation: string, body: Record<string, unknown>): bigint {
  if (operation.startsWith('gpt-image')) {
    const [square, wide] = qualityShares[String(body.quality ?? 'high')] ?? [1000n, 1000n]
    return ['1536x1024', '1024x1536'].includes(String(body.size)) ? wide : square
  }
  return body.imageSize === '4K' ? 1000n : body.imageSize === '2K' ? 500n : 0n
}
