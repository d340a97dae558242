// What this package needs of zod, and all that is loaded of it: the build puts just this part into one file, because
// the whole of `zod/mini` is dozens of files and 2.7 MB of memory in Node. Beside sandbox/zod.ts the only file that knows zod.
export type { core, infer, input, ZodMiniObject, ZodMiniType } from 'zod/mini'
export {
  _default,
  array,
  boolean,
  enum,
  int,
  literal,
  maximum,
  maxLength,
  minimum,
  minLength,
  number,
  object,
  optional,
  record,
  refine,
  regex,
  strictObject,
  string,
  tuple,
} from 'zod/mini'
