// What the Markdown of the API reference leaves out or spreads over headings: which errors a call throws, as links, and
// defaults, beside the description.
import { type Application, type Comment, type CommentDisplayPart, Converter, ReflectionKind } from 'typedoc'

export function load({ converter }: Application): void {
  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const classes = new Map(project.getReflectionsByKind(ReflectionKind.Class).map((one) => [one.name, one]))
    /** `{InvalidInputError}` of `@throws` as a link. */
    const errorOf = (annotation = ''): CommentDisplayPart[] => {
      const name = annotation.replace(/[{}]/g, '')
      const target = classes.get(name)
      if (!target) return [{ kind: 'code', text: `\`${name}\`` }]
      return [{ kind: 'inline-tag', tag: '@link', text: name, target }]
    }
    for (const { comment } of Object.values(project.reflections)) {
      if (!comment) continue
      listErrors(comment, errorOf)
      showDefault(comment)
    }
  })
}

/** One list, instead of a heading for each. */
function listErrors(comment: Comment, errorOf: (annotation?: string) => CommentDisplayPart[]): void {
  const [first, ...others] = comment.getTags('@throws')
  if (!first) return
  first.content = [first, ...others].flatMap(({ typeAnnotation, content }) => [
    { kind: 'text', text: '\n- ' },
    ...errorOf(typeAnnotation),
    { kind: 'text', text: ' ' },
    // A list item ends where a line has no indent.
    ...content.map((part) => ({ ...part, text: part.text.replace(/\n/g, '\n  ') })),
  ])
  for (const tag of others) comment.blockTags.splice(comment.blockTags.indexOf(tag), 1)
}

/** At the end of the description. A value is code; what is said about it is text. */
function showDefault(comment: Comment): void {
  const [tag] = comment.getTags('@default')
  if (!tag) return
  comment.removeTags('@default')
  const text = tag.content.map((part) => part.text.replace(/^```ts\n|\n```$/g, '')).join('')
  const value = /^(?:'[^']*'|\{.*?\}|\[.*?\]|[\w.]+\(.*?\)|[\d_]+|true|false|globalThis\.\w+)(?=$|[\s;,])/s
  comment.summary.push({ kind: 'text', text: `\n\nDefault: ${text.replace(value, '`$&`')}` })
}
