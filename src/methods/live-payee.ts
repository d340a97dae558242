// Who is paid on the live service, whatever an offer says.

/**
 * The payees of the live service. Every recorded offer names these addresses: on Base from 2026-06-10 to 2026-10-04, on
 * Tempo on 2026-10-04, and on Solana on 2026-10-01.
 */
export const live = {
  origin: 'https://stablestudio.dev',
  payees: {
    'eip155:8453': '0x07F067959297767c887dbfA3C72379c66E82a045',
    'eip155:4217': '0x07F067959297767c887dbfA3C72379c66E82a045',
    'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp': 'HqpEDUY3kV423fSAv7iaY3cQiz8qN8qEuGqLsG4s6h2c',
  } as Readonly<Record<string, string>>,
} as const
