// The programs to choose from: files that the compiler checks, shown as they are.
import edit from './presets/edit.ts?raw'
import first from './presets/first.ts?raw'
import quote from './presets/quote.ts?raw'
import twenty from './presets/twenty.ts?raw'

export type Preset = { name: string; code: string }

export const presets: readonly [Preset, ...Preset[]] = [
  { name: 'First picture', code: first },
  { name: 'Edit a file', code: edit },
  { name: 'Twenty at once, with a budget', code: twenty },
  { name: 'Quote first', code: quote },
]
