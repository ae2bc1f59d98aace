import type { OpenProject } from '../project/openProject.ts'
import { discoverPrompts } from '../prompts/discoverPrompts.ts'
import type { DoctorCheck } from './doctor.ts'

/** Looks at the prompt files of a project, and whether there are keys for the models that it names. */
export async function checkModels(
  { project, store, config }: OpenProject,
  env: Readonly<Record<string, string | undefined>>,
): Promise<DoctorCheck[]> {
  const { createModels } = await import('@holdfast/agents')
  const { prompts, problems } = await discoverPrompts(store, project)
  const names = prompts.map((prompt) => prompt.name).join(', ')
  const summary: DoctorCheck[] =
    prompts.length === 0
      ? []
      : [{ name: 'prompts', status: 'ok', detail: `${prompts.length} found: ${names}.`, remedy: null }]
  const broken = problems.map((problem): DoctorCheck => ({
    name: `prompt:${problem.file}`,
    status: 'warning',
    detail: `${problem.file}:${problem.line ?? 1} ${problem.reason}.`,
    remedy: 'Correct the file; the other prompts are not affected.',
  }))
  const named = [config.models?.default ?? null, ...prompts.map((prompt) => prompt.model)]
  const asked = new Set(named.flatMap((model) => (model === null ? [] : [model.split('/')[0]])))
  const providers = createModels({ config: config.models ?? {}, environment: env })
    .inspect()
    .map(({ name, ready, configured, detail }): DoctorCheck => {
      const check = { name: `models:${name}`, detail }
      if (ready) return { ...check, status: 'ok', remedy: null }
      if (configured || asked.has(name))
        return {
          ...check,
          status: 'warning',
          remedy: 'Set the variable for the worker; ctx.prompt needs it.',
        }
      return {
        ...check,
        status: 'ok',
        detail: `${detail} Nothing that is known here asks for it.`,
        remedy: null,
      }
    })
  return [...summary, ...broken, ...providers]
}
