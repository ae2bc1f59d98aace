import { definitions } from './001-definitions.ts'
import { runs } from './002-runs.ts'
import { steps } from './003-steps.ts'
import { records } from './004-records.ts'
import { peopleAndPlaces } from './005-people-and-places.ts'
import { queue } from './006-queue.ts'
import { promptsAndTriggers } from './007-prompts-and-triggers.ts'
import { lists } from './008-lists.ts'
import { forks } from './009-forks.ts'
import { boundApprovals } from './010-bound-approvals.ts'
import { conversations } from './011-conversations.ts'
import { money } from './012-money.ts'
import type { Migration } from './dialect.ts'

/** Every migration, in order. */
export const MIGRATIONS = [
  definitions,
  runs,
  steps,
  records,
  peopleAndPlaces,
  queue,
  promptsAndTriggers,
  lists,
  forks,
  boundApprovals,
  conversations,
  money,
] as const satisfies readonly Migration[]
