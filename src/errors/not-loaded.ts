// The error for a part of this package that is loaded when it is first needed, and could not be.
import { ServiceError } from '../errors.ts'

/** Only for parts that load before anything is sent or paid. */
export function notLoaded(cause: unknown): never {
  throw new ServiceError("The client's code could not be loaded.", {
    code: 'network_error',
    phase: 'input',
    safeToRetry: true,
    hint: 'Nothing was sent and nothing was paid. Check the network, or reload the page, and call again.',
    cause,
  })
}
