import { shellWord } from './invocation.ts'

/** Options of every command that may also stand before its name. */
const COMMON = ['--json', '--verbose']

/**
 * The words of a call with the command's name first: options of every command may stand before it, as in
 * `holdfast --project ../app runs list`.
 */
export function commandFirst(argv: readonly string[]): string[] {
  const before: string[] = []
  const rest = [...argv]
  for (let word = rest[0]; word !== undefined; word = rest[0]) {
    if (word === '--project' && rest.length > 1) before.push(...rest.splice(0, 2))
    else if (COMMON.includes(word) || word.startsWith('--project=')) before.push(...rest.splice(0, 1))
    else break
  }
  const end = rest.indexOf('--')
  return rest.toSpliced(end < 0 ? rest.length : end, 0, ...before)
}

/** How the command is called again on the same project: `called`, with the project that `argv` names. */
export function calledAgain(called: string, argv: readonly string[]): string {
  const end = argv.indexOf('--')
  const words = end < 0 ? argv : argv.slice(0, end)
  const at = words.lastIndexOf('--project')
  const project =
    at < 0
      ? words.findLast((word) => word.startsWith('--project='))?.slice('--project='.length)
      : words[at + 1]
  return project === undefined ? called : `${called} --project ${shellWord(project)}`
}
