import { WorkflowError } from '@holdfast/workflow-sdk'

/** At most this many characters of what git printed stand in a message; the rest is in the details. */
const SHOWN = 2000

/** A failed git command in words, with what git and its hooks printed. */
export function gitError(
  command: { readonly cwd: string; readonly args: readonly string[] },
  answer: { readonly stdout: string; readonly stderr: string; readonly exitCode: number },
): WorkflowError {
  const { cwd, args } = command
  const said = withoutCredentials(
    [answer.stderr.trim(), answer.stdout.trim()].filter((text) => text !== '').join('\n'),
  )
  const verb = args.find((argument) => /^[a-z]/.test(argument) && !argument.includes('=')) ?? 'git'
  const details = { cwd, command: verb, exitCode: answer.exitCode, output: said.slice(-16_384) }
  if (/not a git repository|must be run in a work tree/.test(answer.stderr))
    return notARepository(cwd, details)
  const shown = said.length > SHOWN ? `…${said.slice(-SHOWN)}` : said
  const message = `git ${verb} failed in ${cwd} (exit ${answer.exitCode}): ${shown || 'it printed nothing'}${hint(said)}`
  return new WorkflowError('GIT_FAILED', message, { details })
}

/** The error for a folder outside git, or inside a repository without files of its own. */
export function notARepository(
  cwd: string,
  details: Readonly<Record<string, unknown>> = { cwd },
): WorkflowError {
  const message = `The folder ${cwd} is not in a git repository with a work tree. Run "git init" there, or choose another folder.`
  return new WorkflowError('NOT_A_GIT_REPOSITORY', message, { details })
}

/** URLs that git prints may hold a user and password (`https://user:token@host/…`). */
export function withoutCredentials(text: string): string {
  return text.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1')
}

function hint(said: string): string {
  if (/non-fast-forward|fetch first/.test(said))
    return '\nThe remote branch has other commits: fetch and merge them first.'
  if (/\.lock': File exists/.test(said))
    return '\nIf no other git runs in this repository, remove the lock file.'
  if (/could not read (Username|Password)|Authentication failed|Permission denied \(publickey/.test(said)) {
    return '\nSet up a credential helper or an SSH key for this remote: nobody can be asked for a password here.'
  }
  return ''
}
