import { loadAdapter } from '../adapter.ts'
import { Measurement } from '../workloads/Measurement.ts'
import { WORKLOADS, type Workload } from '../workloads/workloads.ts'
import type { ProcessAnswer, ProcessRequest } from './request.ts'

// A measuring process: one workload of one adapter, once. It says its figures to its parent. After a seed it
// stays until it is killed.
// Only the parent ends this process, or the end of the measurement: not an event loop with nothing to do.
process.channel?.ref()
const request = JSON.parse(process.argv[2] ?? '') as ProcessRequest
const bench = new Measurement(await loadAdapter(request.adapter), request.directory, request.sizes)
const workload: Workload = WORKLOADS[request.workload]
const figures = await (request.phase === 'seed' ? workload.seed?.(bench) : workload.run(bench))
const answer: ProcessAnswer = { figures: figures ?? {} }
process.send?.(answer, () => {
  if (request.phase === 'run') process.disconnect()
})
