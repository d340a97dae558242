// What was paid, as large as it matters.
import type { Seen } from '../session/seen.ts'
import { element, say } from './element.ts'

export function createMoney() {
  const sum = element('strong', { className: 'pg-sum' })
  const details = element('span', { className: 'pg-details' })
  const label = element('h2', { id: 'pg-paid' }, 'Paid')
  const place = element(
    'section',
    { className: 'pg-money', attributes: { 'aria-labelledby': label.id } },
    label,
    sum,
    details,
  )
  return {
    place,
    draw({ paid, signatures, media }: Seen) {
      say(sum, sumOf(paid))
      say(details, detailsOf(signatures, paid))
      place.dataset.paid = String(paid.count)
      place.dataset.signed = String(signatures.payments)
      place.classList.toggle('pg-is-paid', paid.count > 0 && media.length > 0)
    },
  }
}

function sumOf({ count, eachUsd, totalUsd }: Seen['paid']): string {
  if (count === 0) return 'nothing'
  if (eachUsd !== undefined) return `${count} × $${eachUsd}`
  return `${count} payments, $${totalUsd}`
}

function detailsOf({ payments, signIns }: Seen['signatures'], { count, totalUsd, balanceUsd }: Seen['paid']) {
  const total = count > 1 ? `$${totalUsd} in all · ` : ''
  return `${total}signed: ${payments} to pay, ${signIns} to sign in · wallet: $${balanceUsd}`
}
