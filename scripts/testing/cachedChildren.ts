import { fileURLToPath } from 'node:url'

/**
 * Set-up of every test file: processes that tests start take their compiled modules from a cache of the checkout.
 * Under coverage vitest forbids the cache to whatever a worker starts; coverage is taken in the workers alone, where
 * Node has read this setting long before.
 */
delete process.env['NODE_DISABLE_COMPILE_CACHE']
process.env['NODE_COMPILE_CACHE'] = fileURLToPath(
  new URL('../../node_modules/.cache/holdfast/compiled', import.meta.url),
)
