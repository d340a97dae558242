// Folders that are gone after the test.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** Called once in a test file; the returned function makes a fresh folder. */
export function useFolders(): () => Promise<string> {
  const made: string[] = []
  afterAll(async () => {
    for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true })
  })
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stablestudio-'))
    made.push(folder)
    return folder
  }
}
