import { createHoldfast } from '../../src/index.ts'

/** A worker in a process of its own: says `ready`, and stops cleanly on SIGTERM. Arguments: project folder, settings as JSON. */
const [projectPath = '', settings = '{}'] = process.argv.slice(2)
const holdfast = await createHoldfast({ projectPath, env: {}, settings: JSON.parse(settings) as object })
process.once('SIGTERM', () => void holdfast.close().then(() => process.exit(0)))
const worker = await holdfast.worker({ concurrency: 4 })
console.log(`ready ${worker.id}`)
