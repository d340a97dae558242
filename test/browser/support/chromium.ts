// A real Chromium, unpacked from its npm package, with the browser's own security as it is for everyone.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { inflate } from '@sparticuz/chromium'
import { type Browser, chromium } from 'playwright-core'

const modules = fileURLToPath(new URL('../node_modules/', import.meta.url))
const archives = join(modules, '@sparticuz/chromium/bin')
const home = join(modules, '.chromium')

/** Unpacks the browser once; processes that do so at the same time do not disturb each other. */
export async function unpackChromium(): Promise<string> {
  // Another Chromium, for machines that the package has none for.
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH
  const binary = join(home, 'chromium')
  if (existsSync(binary)) return binary
  await mkdir(modules, { recursive: true })
  const draft = await mkdtemp(join(modules, '.unpacking-'))
  const { TMPDIR } = process.env
  // The package unpacks into the system's temporary folder, whatever it is just now.
  process.env.TMPDIR = draft
  try {
    // Libraries of the desktop, fonts and the software renderer, for machines that have none.
    const names = ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br']
    await Promise.all(names.map((name) => inflate(join(archives, name))))
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  }
  await rename(draft, home).catch(() => rm(draft, { recursive: true, force: true }))
  return binary
}

/** Only what a container needs. The package's own arguments would switch the web's security off. */
const args = ['--no-sandbox', '--disable-dev-shm-usage']

export async function launchChromium(): Promise<Browser> {
  const executablePath = await unpackChromium()
  const env = { ...process.env, ...(await librariesFor(executablePath)) } as Record<string, string>
  return chromium.launch({ executablePath, args, env, timeout: 60_000 })
}

/** The package's own libraries, only where the system lacks some. */
async function librariesFor(binary: string): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)('ldd', [binary]).catch(() => ({ stdout: 'not found' }))
  const fonts = existsSync('/etc/fonts') ? {} : { FONTCONFIG_PATH: join(home, 'fonts') }
  return stdout.includes('not found') ? { ...fonts, LD_LIBRARY_PATH: join(home, 'al2023', 'lib') } : fonts
}
