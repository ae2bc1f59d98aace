import { z } from 'zod'
import { json } from './common.ts'

/** What every refusal looks like; `docs` is the path of the page about its code in the repository. */
export const errorAnswer = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      details: z.record(z.string(), json),
      docs: z.string(),
      requestId: z.string(),
    }),
  })
  .meta({ id: 'Error' })

/** {@link errorAnswer}. */
export type ErrorAnswer = z.infer<typeof errorAnswer>
