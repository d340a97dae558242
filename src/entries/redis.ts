// Entry `stablestudio/redis`: a payment store on Redis or Valkey, for servers that share it.
export { type RedisClient, type RedisStoreOptions, redisStore } from '../stores/redis.ts'
