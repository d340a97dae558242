// What a program finds in the page around it. `program/modules.ts` makes these values.
import type { Job } from 'stablestudio'
import type { PrivateKeyAccount } from 'viem/accounts'

/** A throw-away key with $1000 that exist only on this page. */
export declare const wallet: PrivateKeyAccount

/** The file that was chosen on the page, or a drawing of the page. */
export declare const file: File

/** The job of the error before, if it had one. */
export declare const job: Job

/** Shows a picture, a video or an SVG beside the program. */
export declare function show(media: Blob): void
