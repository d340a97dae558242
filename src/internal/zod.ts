// The parts of zod that this package needs. The build bundles just these into one file, because all of `zod/mini` is
// dozens of files and 2.7 MB of memory in Node. With sandbox/state/zod.ts the only file that knows zod.
import type { core } from 'zod/mini'

export type { core, input, ZodMiniObject, ZodMiniType } from 'zod/mini'

type Infer<schema extends core.$ZodType> = core.output<schema>

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
export type { Infer as infer }
