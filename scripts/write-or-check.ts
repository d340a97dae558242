// Writes a generated file; with --check, only says whether it is up to date.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'

/** @param path from the root of the repository. */
export function writeOrCheck(path: string, text: string): void {
  const file = new URL(`../${path}`, import.meta.url)
  if (process.argv.includes('--check')) {
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return
    process.stderr.write(`${path} is out of date: run \`npm run docs:operations\`\n`)
    process.exitCode = 1
  } else {
    mkdirSync(new URL('.', file), { recursive: true })
    writeFileSync(file, text)
  }
}
