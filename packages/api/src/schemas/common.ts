import type { Json } from '@holdfast/workflow-sdk/journal'
import { z } from 'zod'

/** Any JSON value. */
export const json = z.unknown() as unknown as z.ZodType<Json>

/** A time: ISO 8601, UTC, milliseconds. */
export const time = z.string().meta({ format: 'date-time' })

/** A list that nobody changes. */
export const list = <T extends z.ZodType>(item: T) => z.array(item).readonly()

/** An object with any JSON in it. */
export const jsonObject = z.record(z.string(), json)

/** A value out of a closed list; its letters may be of any case. */
export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.preprocess((given) => (typeof given === 'string' ? given.toLowerCase() : given), z.enum(values))

/** One or several values out of a closed list: `a,b`, or the parameter several times. */
export const someOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.preprocess(
    (given) => (typeof given === 'string' ? given.split(',') : given),
    z.array(oneOf(values)).min(1).readonly(),
  )

/** A whole number in a query. */
export const count = (least: number, most: number) => z.coerce.number().int().min(least).max(most)

/** `true` or `false` in a query. */
export const flag = z.enum(['true', 'false']).transform((given) => given === 'true')

/** Which part of a list: `after` goes on behind the `next` of an earlier page and takes the place of `page`. */
export const pageQuery = {
  page: count(1, 1_000_000).optional(),
  limit: count(1, 200).optional(),
  after: z.string().min(1).max(500).optional(),
}

/** One page of a list. Counted up to 10,000, then `totalExact` is false; `next` is a cursor or null. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: list(item),
    page: z.number().int(),
    limit: z.number().int(),
    total: z.number().int(),
    totalExact: z.boolean(),
    next: z.string().nullable(),
  })

/** The parameter of routes about one thing. */
export const idParams = z.strictObject({ id: z.string().min(1).max(200) })
