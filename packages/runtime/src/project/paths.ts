import { join } from 'node:path'

/** Where everything of a project lies; all absolute (contracts §1). */
export interface ProjectPaths {
  readonly root: string
  /** Workflow files. */
  readonly templates: string
  /** Prompt files. */
  readonly prompts: string
  /** Bundles that are imported, named by their hash, and the list of what discovery knows. */
  readonly cache: string
  /** One folder per run: logs, artifacts, metadata.json. */
  readonly executions: string
  /** The default SQLite store. */
  readonly database: string
}

/** The places of the project whose root is `root`. */
export function projectPaths(root: string): ProjectPaths {
  const agent = join(root, '.agent')
  return {
    root,
    templates: join(agent, 'workflows', 'templates'),
    prompts: join(agent, 'prompts'),
    cache: join(agent, 'workflows', '.cache'),
    executions: join(agent, 'workflows', 'executions'),
    database: join(agent, 'holdfast.db'),
  }
}
