// The parts of zod that only the sandbox needs: its messages, and JSON Schema.
export { en } from 'zod/locales'
export { toJSONSchema } from 'zod/mini'
