import { expect, inject, onTestFinished, test } from 'vitest'
import { fuzz, type FuzzPlace, type FuzzReport } from './fuzz/fuzz.ts'
import { calmPlace, filesPlace, postgresPlace, sqlitePlace } from './fuzz/places.ts'

/** `HOLDFAST_FUZZ=500` takes so many seeds on each store, `HOLDFAST_FUZZ=1000-1200` those; without it a few. */
const ASKED = /^(?:(\d+)-)?(\d+)$/.exec(process.env['HOLDFAST_FUZZ'] ?? '')

const PLACES: readonly [string, number, () => FuzzPlace][] = [
  ['sqlite', 8, sqlitePlace],
  ['files', 5, filesPlace],
  ['postgres', 5, () => postgresPlace(inject('postgresUrl'))],
]

test.each(PLACES)(
  '[EO9] random workflows on two workers that die and stand still at random come out as in peace: %s',
  { timeout: 14_400_000 },
  async (name, few, make) => {
    const first = Number(ASKED?.[1] ?? 1)
    const last = ASKED === null ? few : Number(ASKED[2])
    const place = make()
    const calm = await calmPlace()
    onTestFinished(async () => {
      await place.remove()
      await calm.remove()
    })
    const total = { runs: 0, events: 0, deaths: 0, stalls: 0, takeovers: 0, refused: 0 }
    const failures: string[] = []
    for (let seed = first; seed <= last; seed++) {
      const report = await fuzz(seed, place, calm).catch((error: Error) => {
        failures.push(error.message)
        return null
      })
      for (const key of Object.keys(total) as (keyof FuzzReport)[]) total[key] += report?.[key] ?? 0
    }
    console.log(`${name}, seeds ${first} to ${last}: ${JSON.stringify(total)}`)
    expect(failures).toEqual([])
    // A storm in which nobody died or stood still shows nothing.
    if (ASKED === null) expect(Math.min(total.deaths, total.stalls)).toBeGreaterThan(0)
  },
)
