import type { Backend } from './Backend.ts'
import { definitionRules } from './definitions.ts'
import { endRules } from './ends.ts'
import { journalRules } from './journal.ts'
import { lifeRules } from './life.ts'
import { limitRules } from './limits.ts'
import { startRules } from './starts.ts'
import { listRules } from './lists.ts'
import { moneyRules } from './money.ts'
import { outsideRules } from './outside.ts'
import { payloadRules } from './payloads.ts'
import { promptRules } from './prompts.ts'
import { queueRules } from './queue.ts'
import { recordRules } from './records.ts'
import { rowRules } from './rows.ts'
import { stepRules } from './steps.ts'
import { transferRules } from './transfer.ts'
import { usageRules } from './usage.ts'

/** Registers a test for every rule of SPEC.md that holds for all backends, in the test file that calls it. */
export function storeConformance(backend: Backend): void {
  journalRules(backend)
  outsideRules(backend)
  payloadRules(backend)
  endRules(backend)
  queueRules(backend)
  limitRules(backend)
  startRules(backend)
  stepRules(backend)
  usageRules(backend)
  moneyRules(backend)
  rowRules(backend)
  recordRules(backend)
  listRules(backend)
  definitionRules(backend)
  promptRules(backend)
  transferRules(backend)
  lifeRules(backend)
}
