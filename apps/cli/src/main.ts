import { Command, CommanderError } from 'commander'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { calledAgain, commandFirst } from './input/commandFirst.ts'
import { COMMANDS } from './commands/index.ts'
import { EXIT, exitCodeOfError } from './exitCodes.ts'
import type { Io } from './io.ts'
import { asCalled } from './output/asCalled.ts'
import { errorDocument, printError } from './output/formatError.ts'
import { printJson } from './output/print.ts'
import type { Shell } from './shell.ts'
import { version } from './version.ts'

/**
 * The command line. Answers the exit code (contracts §7) and never throws: an error is said on stderr, and
 * with `--json` also printed as a document on stdout.
 * @param given Words after the program's name.
 */
export async function main(given: readonly string[], world: Io): Promise<number> {
  const argv = commandFirst(given)
  const io = { ...world, called: calledAgain(world.called, argv) }
  const shell: Shell = { io, exitCode: EXIT.completed }
  try {
    const program = await buildProgram(argv, shell)
    await refuseUnknownWord(program, argv)
    if (argv.length === 0) program.outputHelp()
    else await program.parseAsync(argv, { from: 'user' })
    return shell.exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.completed
    const said = error instanceof CommanderError ? usageError(error) : error
    printError(io, said, { verbose: argv.includes('--verbose') })
    if (argv.includes('--json')) printJson(io, errorDocument(said))
    return exitCodeOfError(said)
  }
}

async function buildProgram(argv: readonly string[], shell: Shell): Promise<Command> {
  const program = new Command('holdfast')
    .description('Durable workflows for coding agents')
    .version(version(), '-V, --version', 'print the version')
    .addHelpText(
      'after',
      `\n${shell.io.called} COMMAND --help says more about a command.\n` +
        '--project DIR, --json and --verbose go with every command, before or after its name.\n',
    )
  const called = argv.find((word) => !word.startsWith('-'))
  for (const { name, summary, load } of COMMANDS) {
    program.addCommand(name === called ? await load(shell) : new Command(name).summary(summary))
  }
  speakThrough(program, shell.io)
  return program
}

/** A command with a default one below it would take any word for an argument of that. @throws WorkflowError `USAGE`. */
async function refuseUnknownWord(program: Command, [name, word]: readonly string[]): Promise<void> {
  const below = program.commands.find((command) => command.name() === name)?.commands ?? []
  if (word === undefined || word.startsWith('-') || below.length === 0) return
  const known = [...below.map((command) => command.name()), 'help']
  if (known.includes(word)) return
  const { nearestName } = await import('@holdfast/runtime')
  const near = nearestName(word, known)
  const hint = near === null ? '' : ` (Did you mean ${near}?)`
  throw new WorkflowError('USAGE', `Unknown command '${name} ${word}'${hint}. There is: ${known.join(', ')}.`)
}

/** Commander writes through `io` and throws instead of ending the process, in every command. */
function speakThrough(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(asCalled(io, text)),
    writeErr: (text) => io.stderr.write(text),
    // Said by `main`, in our own form.
    outputError: () => {},
    getOutHelpWidth: () => io.stdout.columns ?? 100,
    getErrHelpWidth: () => io.stderr.columns ?? 100,
  })
  for (const child of command.commands) speakThrough(child, io)
}

function usageError(error: CommanderError): WorkflowError {
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ')
  return new WorkflowError('USAGE', `${capital(message)}. Add --help to see how it is called.`)
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, '')
}
