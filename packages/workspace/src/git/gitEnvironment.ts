import { parentEnvironment, type Environment } from '../processes/environment.ts'

/**
 * Variables that would point git to another repository, index or meaning of a path than the folder it runs in:
 * they are set where Holdfast itself is started by a git hook.
 */
const MISLEADING = [
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_DIR',
  'GIT_GLOB_PATHSPECS',
  'GIT_ICASE_PATHSPECS',
  'GIT_INDEX_FILE',
  'GIT_LITERAL_PATHSPECS',
  'GIT_NAMESPACE',
  'GIT_NOGLOB_PATHSPECS',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_REFLOG_ACTION',
  'GIT_WORK_TREE',
]

/**
 * The environment of git: that of the parent, never asking on a terminal, in the language that we parse, and
 * without optional locks for reads.
 */
export function gitEnvironment(
  parent: Environment,
  options: { readonly reads: boolean } & Readonly<Record<string, string | boolean | undefined>>,
): Record<string, string> {
  const { reads, ...additions } = options
  return parentEnvironment(
    {
      ...Object.fromEntries(MISLEADING.map((name) => [name, undefined])),
      GIT_TERMINAL_PROMPT: '0',
      GIT_PAGER: 'cat',
      LC_ALL: 'C',
      ...(reads ? { GIT_OPTIONAL_LOCKS: '0' } : {}),
      ...(additions as Environment),
    },
    parent,
  )
}
