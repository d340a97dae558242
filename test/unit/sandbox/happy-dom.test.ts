// @vitest-environment happy-dom
// The sandbox and the client under happy-dom, whose Request, Response and Headers are its own as well.
import { testsInPage } from './in-page.ts'

testsInPage(/HappyDOM/)
