// Removes what the last build made: both builds of tsup write below `dist`, so neither may clean it.
import { rmSync } from 'node:fs'

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true })
