import { WorkflowError } from '@holdfast/workflow-sdk'
import { EXIT } from './exitCodes.ts'
import { processIo } from './io.ts'
import { main } from './main.ts'
import { printError } from './output/formatError.ts'

const io = processIo()

/** Nothing is left that could go on, yet the command has not ended: better an error than a quiet success. */
function stranded(): void {
  const message = 'The command waits for something that never comes, so it did not finish its work.'
  printError(io, new WorkflowError('INTERNAL', message), { verbose: false })
  process.exitCode = EXIT.failed
}

process.once('beforeExit', stranded)
process.exitCode = await main(process.argv.slice(2), io)
process.off('beforeExit', stranded)
