/**
 * A generation as the state of a component.
 *
 * @module stablestudio/react
 */
'use client'

export type { GenerationSnapshot, GenerationState } from '../react/snapshot.ts'
export { type GenerationOptions, type UseGeneration, useGeneration } from '../react/use-generation.ts'
