// What the bundler of CommonJS leaves out: declarations may name types of a package that is ESM only if they say so, and a
// client module of React says that it is one before anything else.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const folder = 'dist/cjs'
const esmOnly = ['@ai-sdk/provider']

for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.d.cts')) continue
  const text = readFileSync(`${folder}/${name}`, 'utf8')
  const told = text.replace(/^import (\{[^}]*\}) from '([^']+)';/gm, (line, names: string, from: string) =>
    esmOnly.includes(from)
      ? `import type ${names} from '${from}' with { 'resolution-mode': 'import' };`
      : line,
  )
  if (told !== text) writeFileSync(`${folder}/${name}`, told)
}

const hook = `${folder}/entries/react.cjs`
writeFileSync(hook, `"use client";\n${readFileSync(hook, 'utf8')}`)
