import { join } from 'node:path'
import type { IWorkflowStore } from '@holdfast/store/contract'
import type { ProjectInfo } from '@holdfast/workflow-sdk/ports'
import { Catalog } from '../discovery/Catalog.ts'
import { byFile, LANES } from '../discovery/discover.ts'
import { inspectTemplate, type InspectedTemplate } from '../discovery/inspect.ts'
import { inLanes } from '../discovery/lanes.ts'
import { listTemplates } from '../discovery/templates.ts'
import type { TemplateProblem } from '../discovery/types.ts'
import type { Replayer } from '../dry/Replayer.ts'
import { projectPaths } from '../project/paths.ts'
import { replayLiveRuns, type CheckedRun, type RunCounts } from './replayLiveRuns.ts'

/** What a check looks at. */
export interface CheckOptions {
  /** Only this workflow; default all. */
  readonly workflow?: string
  /** Also replay runs whose version is what the file holds. */
  readonly all?: boolean
  /** Called with each run that was looked at and does not simply go on. */
  readonly onRun?: (run: CheckedRun) => void
}

/** What a check found. */
export interface CheckReport {
  /** Workflows that load, by name. */
  readonly workflows: readonly { readonly name: string; readonly file: string }[]
  readonly problems: readonly TemplateProblem[]
  readonly counts: RunCounts
  /** Runs that would not simply go on with what the files hold now. */
  readonly runs: readonly CheckedRun[]
}

/** What a check works on. */
export interface CheckParts {
  readonly store: IWorkflowStore
  readonly project: ProjectInfo
  readonly replayer: Replayer
}

/**
 * Loads the templates of a project and replays the journals of its runs that are not over against what the files hold
 * now, without effects. Nothing is registered and nothing of a run is changed. One journal is in memory at a time.
 * @throws WorkflowError `STORE_…`, `FILE_OPERATION_FAILED`; never because of a template.
 */
export async function checkProject(parts: CheckParts, options: CheckOptions = {}): Promise<CheckReport> {
  const paths = projectPaths(parts.project.path)
  const files = await listTemplates(paths)
  const catalog = new Catalog(paths.root, paths.cache)
  const found: InspectedTemplate[] = []
  const problems: TemplateProblem[] = []
  await inLanes(files, LANES, async (file) => {
    const result = await inspectTemplate(paths, catalog, file)
    if ('reason' in result) problems.push(result)
    else found.push(result)
  })
  await catalog.save(files)
  const wanted = byFile(found).filter(
    ({ name }) => options.workflow === undefined || name === options.workflow,
  )
  const bundles = new Map(
    wanted.map(({ name, contentHash }) => [
      name,
      { contentHash, bundlePath: join(paths.cache, `${contentHash}.mjs`) },
    ]),
  )
  const { runs, counts } = await replayLiveRuns(parts, bundles, options)
  const workflows = wanted.map(({ name, file }) => ({ name, file }))
  return { workflows, problems: byFile(problems), counts, runs }
}
