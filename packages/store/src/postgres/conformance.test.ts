import { freshDatabase, urlOf } from '../../test/postgres/databases.ts'
import { storeConformance } from '../conformance/index.ts'
import { openPostgresStore } from './openPostgresStore.ts'

storeConformance({
  name: 'PostgreSQL',
  open: async (options) => await openPostgresStore({ ...options, url: urlOf(await freshDatabase()) }),
})
