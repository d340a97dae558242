/**
 * A provider of the AI SDK. Of the AI SDK only types are used, from the optional peer `@ai-sdk/provider`.
 *
 * @module stablestudio/ai
 */
export type {
  CallSettings,
  StableStudioImageModelId,
  StableStudioImageOptions,
  StableStudioVideoModelId,
  StableStudioVideoOptions,
} from '../ai/options.ts'
export { createStableStudio, type StableStudioProvider } from '../ai/provider.ts'
