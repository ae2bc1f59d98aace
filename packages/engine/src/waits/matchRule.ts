import { createRequire } from 'node:module'
import type { Environment } from '@marcbachmann/cel-js'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { EventPayloads, Json } from '@holdfast/workflow-sdk/journal'

type Received = EventPayloads['event.received']

/** Says whether a received event is the one that is waited for. */
export type MatchRule = (event: Received) => boolean

const require = createRequire(import.meta.url)
let environment: Environment | null = null

/** CEL, loaded by the first expression: most workflows have none, and every start would pay for it. */
function cel(): Environment {
  const library = (): typeof import('@marcbachmann/cel-js') => require('@marcbachmann/cel-js')
  return (environment ??= new (library().Environment)().registerVariable('event', 'dyn'))
}

/**
 * A rule from `match`: nothing takes every event; a text is CEL over `event` (`name`, `data`, `id`); an object
 * must be contained in the event's data, lists element by element.
 * @throws WorkflowError `OPTION_INVALID` when the text is no CEL.
 */
export function matchRule(match: string | Readonly<Record<string, unknown>> | undefined): MatchRule {
  if (match === undefined) return () => true
  if (typeof match !== 'string') return (event) => contains(event.data, match as Json)
  let evaluate: (context: Record<string, unknown>) => unknown
  try {
    evaluate = cel().parse(match)
  } catch (error) {
    throw new WorkflowError(
      'OPTION_INVALID',
      `match is ${JSON.stringify(match)}, which is no CEL expression: ${(error as Error).message}`,
      { details: { match }, cause: error },
    )
  }
  return (event) => {
    try {
      return evaluate({ event: { name: event.name, data: event.data, id: event.id } }) === true
    } catch {
      // An event without the field that the expression names is another event, not a failure of the run.
      return false
    }
  }
}

function contains(value: Json | undefined, part: Json): boolean {
  if (part === null || typeof part !== 'object') return value === part
  if (value === null || value === undefined || typeof value !== 'object') return false
  if (Array.isArray(part)) {
    return (
      Array.isArray(value) &&
      value.length === part.length &&
      part.every((member, index) => contains(value[index] as Json, member as Json))
    )
  }
  return Object.entries(part).every(([name, member]) =>
    contains((value as Record<string, Json>)[name], member),
  )
}
