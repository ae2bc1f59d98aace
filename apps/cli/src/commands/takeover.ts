import { spawn } from 'node:child_process'
import { Option, type Command } from 'commander'
import { isAnybodyAtWork, type Takeover } from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { CONCURRENCY } from '../attach/runHere.ts'
import { EXIT } from '../exitCodes.ts'
import { actor } from '../input/actor.ts'
import { findRun } from '../input/findRun.ts'
import { withHoldfast } from '../input/withProject.ts'
import type { Io } from '../io.ts'
import { oneLine, shortId } from '../output/format.ts'
import { printJson } from '../output/print.ts'
import { newCommand, type Shell } from '../shell.ts'
import { stayAlive } from '../stayAlive.ts'

interface Options {
  readonly step?: string
  readonly print?: boolean
  readonly by?: string
}

/** `holdfast takeover`: goes on in an agent's session with the agent's own interactive mode, and gives it back. */
export function takeover(shell: Shell): Command {
  return newCommand<Options>(shell, {
    name: 'takeover',
    summary: "go on yourself in an agent's session, and give it back",
    description:
      "Stop the agent that works in a run and open its session in the agent's own interactive mode, in its workspace. " +
      'The run waits meanwhile. When you leave that, the session is given back, and the agent goes on in it.',
    arguments: [['<run>', 'id of the run, its beginning, or latest']],
    options: [
      new Option(
        '--step <step>',
        'whose session, by number or name of the step; default the agent that began last',
      ),
      new Option('--print', 'only stop the agent, and print the command that opens its session'),
      new Option('--by <name>', 'who does this, for the audit trail'),
    ],
    example: 'holdfast takeover latest',
    run: async (io, [given], options) =>
      await withHoldfast(io, options, async (holdfast) => {
        const run = await findRun(holdfast.store, holdfast.project.id, given!)
        const by = actor(io, options.by)
        // A step lets go of its session where it is executed: here, when nobody else does.
        const worker = (await isAnybodyAtWork(holdfast.store))
          ? null
          : await holdfast.worker({ concurrency: CONCURRENCY, only: { rootRunId: run.id } })
        const request = { by, ...(options.step === undefined ? {} : { step: options.step }) }
        const taken = await stayAlive(async () => await holdfast.takeOver(run.id, request))
        const giveBack = `${io.called} answer ${shortId(run.id)} give-back`
        if (options.print === true) {
          const { agent, sessionId, cwd, program } = taken
          if (options.json === true)
            printJson(io, { id: run.id, agent, session_id: sessionId, cwd, ...program })
          else
            io.stdout.write(`cd ${quoted(cwd)} && ${[program.file, ...program.args].map(quoted).join(' ')}\n`)
          io.stderr.write(`The run waits until you give the session back with: ${giveBack}\n`)
        } else {
          io.stderr.write(
            `${oneLine(taken.step.name)} waits; leave ${taken.agent} to give its session back.\n`,
          )
          const how = await converse(io, taken).catch(async (error: unknown) => {
            await taken.giveBack('Its program did not start.')
            throw error
          })
          await taken.giveBack(how)
          if (options.json === true) printJson(io, { id: run.id, session_id: taken.sessionId, ended: how })
          io.stderr.write('The session is given back.\n')
        }
        await worker?.stop()
        if (worker !== null)
          io.stderr.write(
            `The run goes on with the next worker, or here with: ${io.called} resume ${shortId(run.id)}\n`,
          )
        return EXIT.completed
      }),
  })
}

/** The agent's program at this terminal, until the person leaves it. Answers how it ended. */
async function converse(io: Io, { program, cwd, agent }: Takeover): Promise<string> {
  // Ctrl-C is the program's.
  const ignore = (): void => {}
  io.signals.on('SIGINT', ignore)
  try {
    return await new Promise<string>((resolve, reject) => {
      const child = spawn(program.file, program.args, { cwd, env: { ...io.env }, stdio: 'inherit' })
      child.once('error', (error) =>
        reject(new WorkflowError('AGENT_NOT_INSTALLED', `${program.file} does not start: ${error.message}.`)),
      )
      child.once('close', (code, signal) => resolve(`${agent} left with ${signal ?? `exit code ${code}`}`))
    })
  } finally {
    io.signals.off('SIGINT', ignore)
  }
}

function quoted(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
