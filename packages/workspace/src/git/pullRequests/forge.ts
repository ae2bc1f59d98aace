import type { HostedRepository } from '../remotes.ts'
import { forgeError } from './forgeError.ts'

/** What a forge answered. */
export interface ForgeAnswer {
  /** Method and address, to be named in errors. */
  readonly request: string
  readonly status: number
  readonly header: (name: string) => string | null
  readonly body: unknown
}

/**
 * One request to the REST interface of a repository, by `gh` or with a token. `path` begins below the repository.
 * @throws WorkflowError `FORGE_UNAVAILABLE` when no answer came.
 */
export type AskForge = (
  method: 'GET' | 'POST',
  path: string,
  body?: Readonly<Record<string, unknown>>,
) => Promise<ForgeAnswer>

/** The answer when its status is the expected one. @throws WorkflowError `FORGE_…`. */
export function expectStatus(answer: ForgeAnswer, status: number, repository: HostedRepository): ForgeAnswer {
  if (answer.status === status) return answer
  const said = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
  throw forgeError({ ...answer, said, repository })
}

/** A text field of an answer. @throws WorkflowError `FORGE_REFUSED` when it is not there. */
export function textAt(
  answer: ForgeAnswer,
  item: unknown,
  field: string,
  repository: HostedRepository,
): string {
  const value = (item as Readonly<Record<string, unknown>> | null)?.[field]
  if (typeof value === 'string') return value
  const said = `no "${field}". Is this address GitHub's REST interface?`
  throw forgeError({ ...answer, said, repository })
}
