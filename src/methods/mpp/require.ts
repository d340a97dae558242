// The packages that pay on Tempo, or one clear error if they are missing.
import { InvalidInputError } from '../../errors.ts'

export type Libraries = {
  client: typeof import('mppx/client')
  tempo: typeof import('viem/tempo')
  chains: typeof import('viem/tempo/chains')
}

export type Failed = { cause: unknown }

/** The libraries, if all of them loaded and export what is needed. */
export function requireLibraries(found: { [name in keyof Libraries]: Libraries[name] | Failed }): Libraries {
  const { client, tempo, chains } = found
  if ('Mppx' in client && 'Transaction' in tempo && 'tempo' in chains) {
    return { client, tempo, chains } as Libraries
  }
  const cause = Object.values(found).find((one): one is Failed => 'cause' in one)?.cause
  throw new InvalidInputError('Payment by MPP needs the package `mppx`.', {
    code: 'invalid_config',
    issues: [{ path: 'mppx', message: 'must be installed, ^0.11.0, with viem from 2.54.0 to 2.57.13' }],
    hint: 'Nothing was sent. Run: npm install --save-exact viem@2.57.13 mppx@0.11.0',
    ...(cause !== undefined && { cause }),
  })
}
