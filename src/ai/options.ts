// What a call may set under `providerOptions.stablestudio`: the settings of a payment, and the service's own fields.
import type { SharedV4ProviderOptions } from '@ai-sdk/provider'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { InputOf, OperationId } from '../index.ts'
import type { Fields, Problems } from './problems.ts'

/** Models that make pictures. Any other id works too, with the service's own fields and {@link CallSettings.maxPrice}. */
export type StableStudioImageModelId =
  | 'gpt-image-1'
  | 'gpt-image-1.5'
  | 'gpt-image-2'
  | 'gpt-image-2.5-flare'
  | 'gpt-image-2.5-sunburst'
  | 'nano-banana'
  | 'nano-banana-pro'
  | 'flux-2-pro'
  | 'flux-2-max'
  | 'grok'
  | (string & {})

/** Models that make videos. Any other id works too, with the service's own fields and {@link CallSettings.maxPrice}. */
export type StableStudioVideoModelId =
  | 'grok-video'
  | 'seedance'
  | 'seedance-fast'
  | 'wan-2.6'
  | 'sora-2'
  | 'sora-2-pro'
  | 'veo-3.1'
  | 'veo-3.1-fast'
  | (string & {})

/** The settings of a call that pays. */
export type CallSettings = {
  /** The most that each picture or video may cost, its uploads included, as a USD decimal string: `'0.05'`. */
  maxPrice?: string
  /**
   * Makes the call repeatable: the same key with the same input is paid for once, in every process that shares the store.
   * Of n pictures the first has this key, the others `key#1`, `key#2` and so on, so a larger n buys only what is new.
   * @default the header `idempotency-key` of the call
   */
  idempotencyKey?: string
  /** Time limit from the first request to the finished job, ms. @default the operation's own, as in `client.run` */
  timeout?: number
}

/** The operations of a model, or the operation that an id with a slash names. */
type OperationOf<id extends string> = Extract<OperationId, id | `${id}/${string}`>

/** Files go in through the AI SDK, so only their URLs are left. */
type JsonOf<value> = value extends readonly (infer item)[]
  ? JsonOf<item>[]
  : Extract<value, string | number | boolean>

type FieldsOf<operation extends OperationId> = {
  [field in Exclude<keyof InputOf<operation>, 'prompt' | 'images'>]?: JsonOf<
    NonNullable<InputOf<operation>[field]>
  >
}

type Merged<union> = (union extends unknown ? (one: union) => void : never) extends (all: infer all) => void
  ? { [field in keyof all]: all[field] }
  : never

type OptionsOf<id extends string> = CallSettings &
  ([OperationOf<id>] extends [never]
    ? { [field: string]: Json | undefined }
    : Merged<
        OperationOf<id> extends infer one extends OperationId
          ? one extends unknown
            ? FieldsOf<one>
            : never
          : never
      >)

type Json = null | string | number | boolean | Json[] | { [field: string]: Json | undefined }

/**
 * `providerOptions.stablestudio` of a picture: the settings of the payment, and the fields of the model's operations.
 *
 * @example
 * import type { StableStudioImageOptions } from 'stablestudio/ai'
 *
 * const stablestudio = { quality: 'low', maxPrice: '0.05' } satisfies StableStudioImageOptions<'gpt-image-1.5'>
 */
export type StableStudioImageOptions<id extends StableStudioImageModelId = string> = OptionsOf<id>

/** `providerOptions.stablestudio` of a video: the settings of the payment, and the fields of the model's operations. */
export type StableStudioVideoOptions<id extends StableStudioVideoModelId = string> = OptionsOf<id>

/** A call's options, taken apart. */
export type Settings = {
  maxPrice: string | undefined
  timeout: number | undefined
  idempotencyKey: string | undefined
  /** The service's own fields; they win over what the AI SDK's options are mapped to. */
  fields: Fields
}

/** What the AI SDK hands to every call of a model. */
type Given = { providerOptions?: SharedV4ProviderOptions; headers?: Record<string, string | undefined> }

/** Reads `providerOptions.stablestudio` and, for a call without a key of its own, the header `idempotency-key`. */
export function readSettings({ providerOptions = {}, headers = {} }: Given, problems: Problems): Settings {
  for (const name of Object.keys(providerOptions)) {
    // A `maxPrice` under a misspelled name would be ignored without a word.
    if (name !== 'stablestudio' && /^stable[-_ ]?studio$/i.test(name))
      problems.add(`providerOptions.${name}`, 'must be named stablestudio')
  }
  const given: unknown = providerOptions.stablestudio ?? {}
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    problems.add('providerOptions.stablestudio', 'must be an object')
    return { maxPrice: undefined, timeout: undefined, idempotencyKey: undefined, fields: {} }
  }
  const { maxPrice, timeout, idempotencyKey, ...fields } = given as CallSettings & Fields
  const key = idempotencyKey ?? headerKey(headers)
  if (key !== undefined && (typeof key !== 'string' || key === ''))
    problems.add('idempotencyKey', 'must be a string of at least one character')
  return { maxPrice, timeout, idempotencyKey: key, fields }
}

function headerKey(headers: Record<string, string | undefined>): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === 'idempotency-key')?.[1]
}

/** The longest key that the client takes. */
const longestKey = 256

/** The key of the picture at an index. The first one has the caller's own key, as with `client.run`. */
export function keyOf(key: string | undefined, index: number): string | undefined {
  if (key === undefined) return undefined
  const own = index === 0 ? key : `${key}#${index}`
  return own.length <= longestKey ? own : bytesToHex(keccak_256(new TextEncoder().encode(own)))
}
