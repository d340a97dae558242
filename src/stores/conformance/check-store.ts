// Checks a payment store without a test runner.
import { isStableStudioError, type StableStudioError } from '../../errors.ts'
import { failed, type StoreUnderTest } from './rule.ts'
import { storeRules } from './rules.ts'

/**
 * Checks a payment store against every rule that the accounting relies on. Moves no money. Run it in the tests of your
 * own store; {@link storeRules} has the rules one by one.
 *
 * @param makeStore makes a fresh, empty store each time.
 * @throws {StoreError} naming every broken rule, and how it is broken.
 * @example
 * import { checkStore } from 'stablestudio/store-conformance'
 *
 * test('myStore', () => checkStore(async () => ({ store: myStore(await freshDatabase()) })))
 */
export async function checkStore(makeStore: () => Promise<StoreUnderTest>): Promise<void> {
  const broken: string[] = []
  for (const { name, check } of storeRules) {
    await check(makeStore).catch((error) => broken.push(isStableStudioError(error) ? said(error) : name))
  }
  if (broken.length > 0) throw failed('The store breaks the contract of PaymentStore.', broken.join('\n'))
}

function said({ shortMessage, details }: StableStudioError): string {
  return details ? `${shortMessage} ${details}` : shortMessage
}
