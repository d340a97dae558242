/**
 * Many generations over many machines, over the optional peer `bullmq`.
 *
 * @module stablestudio/bullmq
 */
export type { Save, WorkerEvents } from '../bullmq/crew.ts'
export type { ErrorJson } from '../bullmq/data.ts'
export {
  type Counts,
  createGenerations,
  type Generations,
  type GenerationsOptions,
} from '../bullmq/generations.ts'
export type { AddOptions, Order } from '../bullmq/order.ts'
export type { QueueOptions } from '../bullmq/queues.ts'
export type { DeadLetter, Generation } from '../bullmq/state.ts'
export { createWorkers, type Workers, type WorkersOptions } from '../bullmq/workers.ts'
