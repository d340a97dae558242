// The provider: models by id, on one client.
import type { Experimental_VideoModelV4, ImageModelV4 } from '@ai-sdk/provider'
import { type ClientOptions, StableStudioClient } from '../index.ts'
import { createImageModel } from './image-model.ts'
import type { StableStudioImageModelId, StableStudioVideoModelId } from './options.ts'
import { NoSuchModelError, refuse } from './problems.ts'
import { createVideoModel } from './video-model.ts'

/** A provider for the AI SDK (`ProviderV4`), with videos. */
export type StableStudioProvider = {
  readonly specificationVersion: 'v4'
  /** A model for `generateImage`. @throws {InvalidInputError} for a model that makes something else. */
  image(id: StableStudioImageModelId): ImageModelV4
  /** The same as {@link StableStudioProvider.image}, as registries call it. */
  imageModel(id: StableStudioImageModelId): ImageModelV4
  /** A model for `experimental_generateVideo`. @throws {InvalidInputError} for a model that makes something else. */
  video(id: StableStudioVideoModelId): Experimental_VideoModelV4
  /** The same as {@link StableStudioProvider.video}, as registries call it. */
  videoModel(id: StableStudioVideoModelId): Experimental_VideoModelV4
  /** There is none: throws the AI SDK's `NoSuchModelError`. */
  languageModel(id: string): never
  /** There is none: throws the AI SDK's `NoSuchModelError`. */
  embeddingModel(id: string): never
  /** The client that pays: `recover()`, `payments()`, `wait(job)`, `close()`. */
  readonly client: StableStudioClient
}

/**
 * A provider for the AI SDK that pays for pictures and videos with a wallet: one payment for each, whatever fails and
 * whatever `maxRetries` says. Its errors are the client's: `isStableStudioError(error)`, `client.wait(error.job)`.
 *
 * @param options a client, or the options of a new one.
 * @throws {InvalidInputError} listing every problem with the options.
 * @example
 * import { generateImage } from 'ai'
 * import { createStableStudio } from 'stablestudio/ai'
 * import { privateKeyToAccount } from 'viem/accounts'
 *
 * const studio = createStableStudio({
 *   wallet: privateKeyToAccount(process.env.PRIVATE_KEY as `0x${string}`),
 *   limits: { perCall: '0.50', perDay: '5' },
 * })
 * const { image } = await generateImage({ model: studio.image('gpt-image-1.5'), prompt: 'a lighthouse at dusk' })
 * console.log(image.mediaType, image.providerMetadata?.stablestudio)
 */
export function createStableStudio(
  options: ClientOptions | { client: StableStudioClient },
): StableStudioProvider {
  const client = clientOf(options)
  // One for all models: a job may be looked at by another model object of the same id.
  const looks = new Map<string, number>()
  const image = (id: string) => createImageModel(client, id)
  const video = (id: string) => createVideoModel(client, id, looks)
  return {
    specificationVersion: 'v4',
    image,
    imageModel: image,
    video,
    videoModel: video,
    languageModel(id) {
      throw new NoSuchModelError(id, 'languageModel')
    },
    embeddingModel(id) {
      throw new NoSuchModelError(id, 'embeddingModel')
    },
    client,
  }
}

function clientOf(options: ClientOptions | { client: StableStudioClient }): StableStudioClient {
  if (typeof options !== 'object' || options === null || !('client' in options))
    return new StableStudioClient(options)
  const { client, ...others } = options
  const names = Object.keys(others)
  if (names.length > 0) {
    return refuse(
      'createStableStudio()',
      names.join(', '),
      'must be set on the client itself: with `client`, no other options are allowed',
    )
  }
  // Not `instanceof`: it may be of the other build of this package.
  if (typeof client?.submit !== 'function' || typeof client.wait !== 'function' || !client.jobs) {
    return refuse('createStableStudio()', 'client', 'must be a StableStudioClient')
  }
  return client
}
