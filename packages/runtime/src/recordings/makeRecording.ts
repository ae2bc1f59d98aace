import type { OpenProject } from '../project/openProject.ts'
import { Prompts } from '../prompts/Prompts.ts'
import type { MadeRecording } from './recordRun.ts'

/**
 * Records what the agents and models of a run did into a folder, without secrets.
 * @param env Whose secrets are taken out, beside those of the config and whatever has the form of a key.
 * @throws WorkflowError `RUN_NOT_FOUND`, `CHECKPOINT_MISSING`, `FILE_OPERATION_FAILED`.
 */
export async function makeRecording(
  { project, store, config }: Pick<OpenProject, 'project' | 'store' | 'config'>,
  runId: string,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<MadeRecording & { readonly file: string }> {
  // Loaded by the one command that records.
  const [{ createWorkspacePort }, { recordRun }, { redactor }, { saveRecording }] = await Promise.all([
    import('@holdfast/workspace'),
    import('./recordRun.ts'),
    import('./redact.ts'),
    import('./saveRecording.ts'),
  ])
  const keys = Object.values(config.models?.providers ?? {}).flatMap(({ apiKey, headers }) => [
    ...(apiKey === undefined ? [] : [apiKey]),
    ...Object.values(headers ?? {}),
  ])
  const made = await recordRun(
    {
      store,
      workspace: createWorkspacePort(),
      prompts: new Prompts(store),
      projectPath: project.path,
      redact: redactor(env, keys),
    },
    runId,
  )
  return { ...made, file: await saveRecording(folder, made.recording) }
}
