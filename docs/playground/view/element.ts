// Makes elements.

type Properties<tag extends keyof HTMLElementTagNameMap> = Partial<
  Omit<HTMLElementTagNameMap[tag], 'style' | 'children' | 'attributes'>
> & { attributes?: Record<string, string> }

export function element<tag extends keyof HTMLElementTagNameMap>(
  tag: tag,
  { attributes = {}, ...properties }: Properties<tag> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[tag] {
  const made = Object.assign(document.createElement(tag), properties)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/** Sets a text only where it changes, so that nothing is read aloud twice. */
export function say(place: HTMLElement, text: string): void {
  if (place.textContent !== text) place.textContent = text
}
