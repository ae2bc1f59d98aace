import type { IWorkflowStore, ProjectRow } from '@holdfast/store/contract'
import { createWorkflow, type AnyWorkflow, WorkflowError } from '@holdfast/workflow-sdk'
import type { DefinitionPort } from '@holdfast/workflow-sdk/ports'
import type { Program, ProgramInput, Programs } from '../../workloads/programs.ts'

interface Registered {
  readonly workflowId: string
  readonly version: number
  readonly definition: AnyWorkflow
}

/** Makes a workflow of each program and registers it; `find` gives what `engine.start` needs. */
export async function registerPrograms(
  store: IWorkflowStore,
  project: ProjectRow,
  programs: Programs,
): Promise<{ readonly definitions: DefinitionPort; readonly find: (name: string) => Registered }> {
  const registered = new Map<string, Registered>()
  for (const [name, program] of Object.entries(programs)) {
    const { definition: row, version } = await store.registerWorkflow({
      projectId: project.id,
      name,
      description: '',
      filePath: null,
      config: {},
      source: program.toString(),
      bundle: '',
      contentHash: name,
      lockHash: null,
    })
    const definition = workflowOf(name, program)
    registered.set(name, { workflowId: row.id, version: version.version, definition })
  }
  const find = (name: string): Registered => {
    const found = registered.get(name)
    if (found === undefined)
      throw new WorkflowError('WORKFLOW_NOT_FOUND', `The benchmark has no program "${name}".`)
    return found
  }
  return {
    find,
    definitions: {
      load: async ({ workflowName }) => find(workflowName).definition,
      current: async (_projectId, name) => find(name),
      project: async () => project,
    },
  }
}

function workflowOf(name: string, program: Program): AnyWorkflow {
  return createWorkflow({ name }, (ctx) =>
    program(
      {
        step: (step, body) => ctx.run(step, body),
        sleep: (milliseconds) => ctx.sleep(milliseconds),
      },
      ctx.input as ProgramInput,
    ),
  )
}
