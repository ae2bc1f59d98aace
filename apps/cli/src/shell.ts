import { Command, type Option } from 'commander'
import type { Io } from './io.ts'

/** Options that every command has. */
export interface CommonOptions {
  readonly project?: string
  readonly json?: boolean
  readonly verbose?: boolean
}

/** What a command file is handed: the world, and where it says how it ended. */
export interface Shell {
  readonly io: Io
  /** Exit code of the command that ran; set by {@link newCommand}'s action. */
  exitCode: number
}

/** What a command is made of. */
export interface CommandParts<Options> {
  readonly name: string
  readonly summary: string
  /** Arguments as commander writes them: `<workflow>`, `[dir]`, with one line about each. */
  readonly arguments?: readonly (readonly [name: string, description: string])[]
  readonly options?: readonly Option[]
  /** Further words for `--help`. */
  readonly description?: string
  /** A line that can be typed as it is. */
  readonly example: string
  /** Answers the exit code. */
  run(io: Io, args: readonly string[], options: Options & CommonOptions): Promise<number>
}

/** A command with `--project`, `--json`, `--verbose` and an example in its help. */
export function newCommand<Options>(shell: Shell, parts: CommandParts<Options>): Command {
  const command = new Command(parts.name)
  command.summary(parts.summary).description(parts.description ?? parts.summary)
  for (const [name, description] of parts.arguments ?? []) command.argument(name, description)
  for (const option of parts.options ?? []) command.addOption(option)
  return command
    .option('--project <dir>', 'a folder of the project; default the current one')
    .option('--json', 'print one JSON document on stdout')
    .option('--verbose', 'say more, with stacks of errors')
    .addHelpText('after', `\nExample:\n  ${parts.example}\n`)
    .action(async (...given: unknown[]) => {
      const args = given.slice(0, -2).filter((arg) => arg !== undefined) as string[]
      shell.exitCode = await parts.run(shell.io, args, given.at(-2) as Options & CommonOptions)
    })
}
