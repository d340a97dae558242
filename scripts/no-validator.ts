// Stands in the build for what the MCP library takes by the runtime: a validator of JSON Schema, which only its own
// elicitation uses (the tools read an answer themselves), and the streams, which it is given.

export class DefaultJsonSchemaValidator {
  getValidator(): never {
    throw new Error('The tools validate no JSON Schema.')
  }
}

export const process = globalThis.process
