import { WorkflowError } from '@holdfast/workflow-sdk'

/** The error for an option of a step that makes no sense for an agent: `OPTION_INVALID`. */
export function invalidOption(agent: string, option: string, message: string): WorkflowError {
  return new WorkflowError('OPTION_INVALID', message, { details: { agent, option } })
}

/**
 * The error for a program that is not there: `AGENT_NOT_INSTALLED`, with what installs it.
 * @param program `title` for people, `asked` the name or path that was looked for, `npmPackage` what holds it,
 * `variable` the one of the environment that names another path.
 */
export function notInstalled(
  agent: string,
  program: {
    readonly title: string
    readonly asked: string
    readonly npmPackage: string
    readonly variable: string
  },
): WorkflowError {
  const { title, asked, npmPackage, variable } = program
  return new WorkflowError(
    'AGENT_NOT_INSTALLED',
    `${title} is not there: no program ${JSON.stringify(asked)} was found. Install it with "npm install -g ${npmPackage}", or name its path in ${variable}.`,
    { details: { agent, command: asked } },
  )
}
