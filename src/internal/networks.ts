// What people call the networks that payments are made on.

const names: Readonly<Record<string, string>> = {
  'eip155:8453': 'Base',
  'eip155:84532': 'Base Sepolia',
  'eip155:4217': 'Tempo',
  'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp': 'Solana',
  'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1': 'Solana Devnet',
}

/** A CAIP-2 network with its name, if it has one: `Base (eip155:8453)`. */
export function networkName(network: string): string {
  const name = names[network]
  return name ? `${name} (${network})` : network
}
