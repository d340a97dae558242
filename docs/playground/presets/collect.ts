import { StableStudioClient } from 'stablestudio'
import { indexedDbStore } from 'stablestudio/browser'
import { job, show, wallet } from './page.ts'

// The job of the error is paid. To wait for it moves no money.
const studio = new StableStudioClient({ wallet, store: indexedDbStore() })
const output = await studio.wait(job)
show(await output.blob())
