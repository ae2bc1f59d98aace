import { createHoldfast } from '@holdfast/runtime'

const [projectPath = '', database = ''] = process.argv.slice(2)
const holdfast = await createHoldfast({ projectPath, store: `sqlite:${database}` })
await holdfast.worker({ concurrency: 2 })
process.once('message', () => {
  void holdfast.close().then(() => process.disconnect())
})
