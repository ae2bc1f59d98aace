import { cardOf, isPeer } from '../cards.ts'
import { Measurement } from '../workloads/Measurement.ts'
import { WORKLOADS, type Workload } from '../workloads/workloads.ts'
import type { ProcessAnswer, ProcessRequest } from './request.ts'

// A measuring process: one workload of one adapter, once. It says its figures to its parent. After a seed it
// stays until it is killed.
// Only the parent ends this process, or the end of the measurement: not an event loop with nothing to do.
process.channel?.ref()
let answered = false
process.once('disconnect', () => {
  // The parent is gone: nobody wants the figures.
  if (!answered) process.exit(1)
})
const request = JSON.parse(process.argv[2] ?? '') as ProcessRequest
const { directory, surroundings, sizes } = request
const card = cardOf(request.adapter)
const adapter = await card.load()
const bench = new Measurement({ adapter, directory, surroundings }, sizes)
const workload: Workload = WORKLOADS[request.workload]
const figures = await (request.phase === 'seed' ? workload.seed?.(bench) : workload.run(bench))
const answer: ProcessAnswer = { figures: figures ?? {} }
process.send?.(answer, () => {
  if (request.phase !== 'run') return
  answered = true
  process.disconnect()
  // Peers may keep runs or connections for ever; what is ours has to end by itself.
  if (isPeer(card)) process.exit(0)
})
