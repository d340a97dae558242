// The baseline of the type budget: loads the package and calls nothing.
import type { StableStudioClient } from 'stablestudio'

export declare const studio: StableStudioClient
