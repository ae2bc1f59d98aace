import type { IWorkflowStore, WorkflowRunRow } from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'

/** How many of the newest runs are searched for the beginning of an id. */
const SEARCHED = 5000
const PAGE = 200
/** As many runs as a message names. */
const NAMED = 5

/**
 * The run that somebody means: a whole id, a unique beginning of at least four characters, or `latest`: the
 * newest that somebody started, not one of its children.
 * @throws WorkflowError `RUN_NOT_FOUND`; `USAGE` when several runs begin so, naming them.
 */
export async function findRun(
  store: IWorkflowStore,
  projectId: string,
  given: string,
): Promise<WorkflowRunRow> {
  const exact = await store.findWorkflowRun(given)
  if (exact !== null) return exact
  if (given === 'latest') return await latest(store, projectId)
  if (given.length < 4) {
    throw new WorkflowError(
      'USAGE',
      `"${given}" is too short for a run's id. Give at least four characters, or: latest`,
    )
  }
  const found = await searchBeginning(store, projectId, given.toLowerCase())
  if (found.length === 1) return found[0]!
  if (found.length > 1) {
    const named = found.slice(0, NAMED).map((run) => `${run.id} (${run.workflow_name})`)
    const more = found.length > NAMED ? ', and more' : ''
    throw new WorkflowError(
      'USAGE',
      `Several runs begin with "${given}": ${named.join(', ')}${more}. Give more of the id.`,
      { details: { runs: found.map((run) => run.id) } },
    )
  }
  throw new WorkflowError(
    'RUN_NOT_FOUND',
    `No run of this project in ${store.description} has the id "${given}", or one that begins so. See: holdfast runs list`,
    { details: { run: given } },
  )
}

/** The newest run that no other has started. */
async function latest(store: IWorkflowStore, projectId: string): Promise<WorkflowRunRow> {
  for (let page = 1; page <= SEARCHED / PAGE; page++) {
    const { items } = await store.listWorkflowRuns({ projectId, page, limit: PAGE })
    const found = items.find((run) => run.parent_run_id === null)
    if (found !== undefined) return found
    if (items.length < PAGE) break
  }
  throw new WorkflowError(
    'RUN_NOT_FOUND',
    `The project has no runs yet in ${store.description}. See what can be started: holdfast workflows list`,
  )
}

async function searchBeginning(
  store: IWorkflowStore,
  projectId: string,
  beginning: string,
): Promise<WorkflowRunRow[]> {
  const found: WorkflowRunRow[] = []
  for (let page = 1; page <= SEARCHED / PAGE && found.length <= NAMED; page++) {
    const { items } = await store.listWorkflowRuns({ projectId, page, limit: PAGE })
    found.push(...items.filter((run) => run.id.startsWith(beginning)))
    if (items.length < PAGE) break
  }
  return found
}
