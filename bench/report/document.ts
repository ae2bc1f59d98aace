import type { Results } from '../driver/Results.ts'
import { linesOf } from './lines.ts'
import { peersSection } from './peers.ts'
import { table } from './table.ts'

/** The page \`RESULTS.md\`. \`limits\` is the text of \`LIMITS.md\`, which people write. */
export function document(results: Results, limits: string): string {
  const { machine, reps, built, countedSyncs } = results
  return `# Results

Written by \`npm run bench\`; do not edit. Every measurement runs in a process and a database of its own; Holdfast
and the others take turns; each figure is the median of ${reps} repetitions. The **floor** is a toy that does only what no
durable engine can leave out: one row per finished step, committed with an \`fsync\`, the commits of one moment
shared. It is the practical limit of this machine at that moment: **compare ratios, not figures of different days.**
[How it is measured, and what is fair](README.md).

${table(linesOf(results))}

${countedSyncs ? '' : 'There was no C compiler: fsyncs could not be counted or made slower.\n\n'}${peersSection(results)}## The machine

${machine.cores} cores, ${machine.memoryGb} GB of memory, ${machine.system}, Node ${machine.node}, SQLite ${machine.sqlite}. Writing 4 KiB with
\`fdatasync\` took ${Math.round(machine.rawSyncUs)} µs (median). Load average at the start: ${machine.load.toFixed(2)}. Code: ${built ? 'as built' : 'run from source'}.

## What is measured, and what is not

- Engine, worker and store of Holdfast in one process, as \`holdfast run\` puts them together, with every default but
  the number of runs that may be in memory at once. Steps, events, execution logs and the change feed are all
  written; commits wait for \`fsync\`.
- Runs have no workspace and no log files, except in \`START\`, which is the real command in a real repository.
- Steps return about 200 bytes of JSON and do nothing else: the figures are pure overhead.
- W4 and REPLAY kill the first process with SIGKILL inside a step; the second finds its owner dead by process id and
  start time. W4 counts from the start of the process, with a warm compile cache.
- W5 counts until the last run has left memory; a run is quiet for a second before it is parked.
- Not measured: ${notMeasured(results)}.

${limits}`
}

function notMeasured({ adapters }: Results): string {
  const postgres = adapters.some((name) => name.includes('postgres')) ? [] : ['PostgreSQL']
  const peers = adapters.length > 2 ? [] : ['other systems']
  const never = ['several workers on one store', 'agents', 'a store with millions of runs']
  return [...postgres, ...peers, ...never].join(', ')
}
