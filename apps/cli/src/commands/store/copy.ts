import type { Command } from 'commander'
import { EXIT } from '../../exitCodes.ts'
import { place } from '../../input/withProject.ts'
import { printJson } from '../../output/print.ts'
import { newCommand, type Shell } from '../../shell.ts'

/** `holdfast store copy`: moves everything into another, empty store. */
export function storeCopy(shell: Shell): Command {
  return newCommand(shell, {
    name: 'copy',
    summary: 'copy everything into another, empty store',
    arguments: [
      ['<from>', 'address of the store to copy'],
      ['<to>', 'address of a store that is empty or does not exist yet'],
    ],
    description:
      'Copy projects, workflows, prompts, runs with their journals, logs, blobs, sessions, messages and ' +
      'workspaces into another, empty store, whatever its kind. All of it arrives or nothing; it is read back ' +
      'and compared before it counts. Stop every worker of the source first. Runs that wait go on in the copy: ' +
      'point HOLDFAST_STORE or holdfast.config.ts at it, and do not use the source any more. Files that runs ' +
      'wrote (logs, artifacts, transcripts) stay where they are.',
    example: 'holdfast store copy sqlite:.agent/holdfast.db sqlite:/backup/holdfast.db',
    run: async (io, [from, to], options) => {
      const { copyStores } = await import('@holdfast/runtime')
      const copy = await copyStores(place(io, options), from!, to!)
      if (options.json === true) {
        printJson(io, copy)
        return EXIT.completed
      }
      io.stdout.write(`Copied ${copy.from} to ${copy.to}\n`)
      for (const [table, { count }] of Object.entries(copy.tables)) io.stdout.write(`  ${table} ${count}\n`)
      return EXIT.completed
    },
  })
}
