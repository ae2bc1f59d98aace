import type { Liquid, LiquidError } from 'liquidjs'

/** What one template may take: characters that it makes, and milliseconds. */
const LIMITS = { memoryLimit: 20_000_000, renderLimit: 5000, parseLimit: 2_000_000 }

let loaded: Promise<Liquid> | null = null

/** The engine of templates; it is loaded by the first one. Files, prototypes and undefined names are out of reach. */
function liquid(): Promise<Liquid> {
  return (loaded ??= import('liquidjs').then(
    ({ Liquid: Engine }) =>
      new Engine({
        ...LIMITS,
        strictVariables: true,
        strictFilters: true,
        ownPropertyOnly: true,
        templates: {},
      }),
  ))
}

/** What is wrong with a template, and where; lines and columns count from 1. */
export interface TemplateIssue {
  readonly line: number | null
  readonly column: number | null
  readonly reason: string
}

/** What keeps a text from being a template; null: nothing. */
export async function liquidIssue(text: string): Promise<TemplateIssue | null> {
  const engine = await liquid()
  try {
    engine.parse(text)
    return null
  } catch (error) {
    return issueOf(error)
  }
}

/** The text with the variables in it, or what keeps it from that. */
export async function fillIn(
  text: string,
  variables: object,
): Promise<{ readonly text: string } | { readonly issue: TemplateIssue }> {
  const engine = await liquid()
  try {
    return { text: (await engine.parseAndRender(text, variables)) as string }
  } catch (error) {
    return { issue: issueOf(error) }
  }
}

function issueOf(error: unknown): TemplateIssue {
  const { message = String(error), token } = error as Partial<LiquidError>
  const [line = null, column = null] = token?.getPosition() ?? []
  return {
    line,
    column,
    reason: message.replace(/, (?:line:\d+|file:.*), col:\d+$/, '').replace(/\n[\s\S]*/, ''),
  }
}
