// @vitest-environment jsdom
// The sandbox and the client under jsdom, whose Blob, File and AbortSignal are its own.
import { testsInPage } from './in-page.ts'

testsInPage(/jsdom/)
