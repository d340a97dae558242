/**
 * A payment store on Redis or Valkey, for servers that share it.
 *
 * @module stablestudio/redis
 */
export { type RedisStoreOptions, redisStore } from '../stores/redis.ts'
export type { RedisClient } from '../stores/redis-client.ts'
