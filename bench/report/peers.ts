import { CARDS, isPeer } from '../cards.ts'
import type { Failure, Results } from '../driver/Results.ts'
import { markdown } from './markdown.ts'

const LONGEST_REASON = 300

/** Who else was measured, how safe their steps are, and what could not be measured; empty without peers. */
export function peersSection({ adapters, failures, peerReps }: Results): string {
  const peers = CARDS.filter((card) => isPeer(card) && adapters.includes(card.name))
  if (peers.length === 0) return ''
  const columns = ['who', 'when a step is safe', 'who goes on after a crash', 'not measured'].map((head) => ({
    head,
    side: 'left' as const,
  }))
  const rows = peers.map(({ name, title, durability, recovery }) => [
    title,
    durability,
    recovery,
    reasons(failures.filter(({ adapter }) => adapter === name)),
  ])
  return `## The other systems

In their columns, **×** is their figure divided by that of Holdfast on the same store (Restate's server: on SQLite), and
what was smaller than said on the left stands behind it. Each took part in ${peerReps} of the repetitions, in turns with
Holdfast. \`failed\` is explained here; – is what cannot be counted or was not tried.

${markdown(columns, rows)}

- Each peer runs by its own defaults, but for what the table says, with as many runs at once as it takes; its worker is
  in the measuring process, telemetry is off. Databases and servers stay up when the process is killed (W4).
- Processor time and memory are those of the measuring process: not of PostgreSQL, not of Restate's server.
- fsyncs are those of the process that holds the data; Restate's server is linked so that nothing can count them.
- DBOS and LangGraph have no store of parked runs that is free of their process: DBOS keeps each in memory, LangGraph
  stops and leaves the time to its caller. Both count as parked once their wait is in the database.

`
}

function reasons(failures: readonly Failure[]): string {
  return failures
    .map(({ case: of, reason }) => `${of === null ? 'anything' : of}: ${oneLine(reason)}`)
    .join('; ')
}

function oneLine(reason: string): string {
  const text = reason.replace(/\s+/g, ' ').replaceAll('|', '/').trim()
  return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)} …` : text
}
