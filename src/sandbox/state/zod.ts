// What only the sandbox needs of zod: the messages of its issues, and schemas as JSON Schema.
export { en } from 'zod/locales'
export { toJSONSchema } from 'zod/mini'
