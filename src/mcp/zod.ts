// What is used of zod for the arguments of the tools. Not `zod/mini`: servers ask a schema for its JSON Schema.
export { boolean, enum, int, looseObject, strictObject, string } from 'zod'
