// Builds elements. Texts become text nodes: nothing that someone else wrote is ever read as HTML.

type Child = Node | string | false | undefined
type Props = Record<string, string | boolean | number | undefined | ((event: never) => void)>

/** An element; props that are functions listen to the event of their name, the others are attributes. */
export function h<tag extends keyof HTMLElementTagNameMap>(
  tag: tag,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name, value as EventListener)
    else if (value === true) element.setAttribute(name, '')
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value))
  }
  element.append(
    ...children.filter((child): child is Node | string => child !== undefined && child !== false),
  )
  return element
}

/** An element of the page by its id. */
export function byId<element extends HTMLElement>(id: string): element {
  const found = document.getElementById(id)
  if (!found) throw new Error(`The page has no #${id}.`)
  return found as element
}

/** Says something to those who listen to the page; only what changed, and no counting. */
export function announce(text: string): void {
  const place = byId('announce')
  if (place.textContent !== text) place.textContent = text
}

/** `0x1234…abcd`, with the whole address for those who ask. */
export function address(value: string): HTMLElement {
  return h('span', { class: 'mono', title: value }, short(value))
}

export function short(value: string): string {
  return value.length > 14 ? `${value.slice(0, 6)}…${value.slice(-4)}` : value
}

/** A link that leaves the page. */
export function outside(href: string, text: string, label?: string): HTMLElement {
  const props = { href, target: '_blank', rel: 'noreferrer noopener', 'aria-label': label }
  return h('a', props, text)
}
