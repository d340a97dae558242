// Values that nobody can change.

/** Freezes plain data all the way down. */
export function deepFreeze<value>(given: value): value {
  if (typeof given !== 'object' || given === null || Object.isFrozen(given)) return given
  Object.values(given).forEach(deepFreeze)
  return Object.freeze(given)
}
