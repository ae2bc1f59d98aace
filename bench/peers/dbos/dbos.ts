import type { BenchAdapter } from '../../adapter.ts'
import { databaseUrlOf } from '../../services/databaseUrlOf.ts'
import { Reader } from '../../services/Reader.ts'
import type { BenchContext } from '../../workloads/programs.ts'
import { importFrom } from '../importFrom.ts'
import { packagesOf } from '../packagesOf.ts'
import type { DbosModule } from './api.ts'

const STARTS_AT_ONCE = 100
const OPEN = `select count(*) from dbos.workflow_status where status in ('PENDING', 'ENQUEUED')`
const ASLEEP = `select count(*) from dbos.operation_outputs where function_name = 'DBOS.sleep'`

/** DBOS Transact with its own settings; runs are executed in the process that starts them. */
export const dbos: BenchAdapter = {
  open: async (request) => {
    const { DBOS } = await importFrom<DbosModule>(packagesOf(request), '@dbos-inc/dbos-sdk')
    const url = databaseUrlOf(request)
    const context: BenchContext = {
      step: (name, body) => DBOS.runStep(async () => body(), { name }),
      sleep: (milliseconds) => DBOS.sleep(milliseconds),
    }
    const workflows = new Map(
      Object.entries(request.programs).map(([name, program]) => [
        name,
        DBOS.registerWorkflow((input) => program(context, input), { name }),
      ]),
    )
    DBOS.setConfig({
      name: 'bench',
      systemDatabaseUrl: url,
      logLevel: 'error',
      runAdminServer: false,
      // Runs of another version of the code would not be recovered.
      applicationVersion: 'bench',
    })
    // Goes on with what a dead process left, too.
    await DBOS.launch()
    const reader = new Reader(url)
    return {
      startsAtOnce: STARTS_AT_ONCE,
      start: async (name, input) => {
        const workflow = workflows.get(name)
        if (workflow !== undefined) await DBOS.startWorkflow(workflow)(input)
      },
      busy: async () => (await reader.number(OPEN)) - (await reader.number(ASLEEP)),
      countWaiting: () => reader.number(ASLEEP),
      storeBytes: () => reader.bytes(),
      // Shutting down would wait for the runs that sleep, which are in memory: the process ends with them.
      close: () => reader.close(),
    }
  },
}
