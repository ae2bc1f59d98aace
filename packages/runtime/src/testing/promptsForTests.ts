import { existsSync } from 'node:fs'
import type { IWorkflowStore } from '@holdfast/store/contract'
import type { ProjectInfo, PromptPort } from '@holdfast/workflow-sdk/ports'
import { findProjectRoot } from '../project/findProjectRoot.ts'
import { projectPaths } from '../project/paths.ts'
import { Prompts } from '../prompts/Prompts.ts'

/** Prompts of a test: those of its own project where that has some, else those of the project in which the test lies. */
export function promptsForTests(): {
  readonly port: PromptPort
  /** Says which store keeps them; it is open before anybody asks. */
  use(store: IWorkflowStore): IWorkflowStore
} {
  let prompts: Prompts | null = null
  const ready = (): Prompts => {
    if (prompts === null) throw new Error('The store of the test engine is not open yet.')
    return prompts
  }
  return {
    port: {
      find: async (project, reference) => ready().find(withPrompts(project), reference),
      load: async (id) => ready().load(id),
      render: async (prompt, variables) => ready().render(prompt, variables),
    },
    use: (store) => {
      prompts = new Prompts(store)
      return store
    },
  }
}

function withPrompts(project: ProjectInfo): ProjectInfo {
  if (existsSync(projectPaths(project.path).prompts)) return project
  return { ...project, path: findProjectRoot(process.cwd()) }
}
