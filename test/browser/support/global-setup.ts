// Once for all tests: the browser is unpacked and the dapp is built.
import { unpackChromium } from './chromium.ts'
import { buildDapp } from './dapp.ts'

export async function setup(): Promise<void> {
  await Promise.all([unpackChromium(), buildDapp()])
}
