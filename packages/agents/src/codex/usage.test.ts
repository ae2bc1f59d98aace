import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { sumOf, temporaryFolder, witness } from '../../test/helpers.ts'
import { CodexUsage } from './CodexUsage.ts'
import { SessionFile } from './SessionFile.ts'

/** A session that began on the evening of 2026-11-24, UTC; where it began that was the day after. */
const ID = '01a20fea-8f00-7f9f-9f56-cac716b813b5'
const START = Date.parse('2026-11-24T23:36:00Z')

const record = (type: string, payload: object, seconds = 0): string =>
  `${JSON.stringify({ timestamp: new Date(START + seconds * 1000).toISOString(), type, payload })}\n`

const counts = (input: number, cached: number, written: number, output: number) => ({
  input_tokens: input,
  cached_input_tokens: cached,
  cache_write_input_tokens: written,
  output_tokens: output,
  reasoning_output_tokens: 1,
})

const call = (id: string, usage: object, thread: object, seconds: number): string =>
  record('token_usage_record', { response_id: id, usage, thread_token_usage: thread }, seconds)

const FIRST = call('resp_1', counts(100, 60, 10, 5), counts(100, 60, 10, 5), 1)
const SECOND = call('resp_2', counts(50, 0, 0, 7), counts(150, 60, 10, 12), 9)

async function session(...lines: readonly string[]) {
  const home = await temporaryFolder()
  const folder = path.join(home, 'sessions', '2026', '11', '25')
  await mkdir(folder, { recursive: true })
  const file = path.join(folder, `rollout-2026-11-25T00-36-00-${ID}.jsonl`)
  const begin =
    record('session_meta', { model_provider: 'mine' }) + record('turn_context', { model: 'gpt-5.5' })
  await writeFile(file, begin + lines.join(''))
  const seen = witness()
  return { file, seen, usage: new CodexUsage(seen), stored: new SessionFile(home, ID) }
}

test('[AG7] each call is reported once, as soon as it stands in the session file, with model and provider', async () => {
  const { file, seen, usage, stored } = await session(FIRST.slice(0, 40))
  usage.begin(ID, stored)
  await usage.look()
  expect(seen.usage).toEqual([])
  await appendFile(file, FIRST.slice(40))
  await usage.look()
  await usage.look()
  expect(seen.usage).toEqual([
    {
      inputTokens: 30,
      outputTokens: 5,
      cachedReadTokens: 60,
      cachedWriteTokens: 10,
      reasoningTokens: 1,
      provider: 'mine',
      model: 'gpt-5.5',
      costUsd: null,
      priceSource: null,
      latencyMs: null,
      callId: 'resp_1',
    },
  ])
  expect(seen.models).toEqual(['gpt-5.5'])
})

test('[AG7] what earlier processes of the session used is not counted, nor what its total holds of them', async () => {
  const { file, seen, usage, stored } = await session(FIRST)
  await usage.resume(ID, stored, null)
  await appendFile(file, SECOND)
  await usage.look()
  expect(usage.close(counts(150, 60, 10, 12))).toMatchObject({ inputTokens: 50, outputTokens: 7 })
  expect(seen.usage.map(({ callId }) => callId)).toEqual(['resp_2'])
})

test('[AG7] what no call accounted for is one closing record', async () => {
  const { seen, usage, stored } = await session(FIRST)
  usage.begin(ID, stored)
  await usage.look()
  const total = usage.close(counts(120, 60, 10, 6))
  expect(total).toMatchObject({ inputTokens: 50, outputTokens: 6, cachedReadTokens: 60 })
  expect(seen.usage[1]).toMatchObject({ inputTokens: 20, outputTokens: 1, callId: `${ID}:127` })
  expect(sumOf(seen.usage)).toMatchObject({ input: total.inputTokens, output: total.outputTokens })
})

test('[AG7] without a session file a new session has its total, and a resumed one is not given the total of all', async () => {
  const nowhere = (): SessionFile => new SessionFile('/nowhere', ID)
  const fresh = new CodexUsage(witness())
  fresh.begin(ID, nowhere())
  expect(fresh.close(counts(9, 0, 0, 2))).toMatchObject({ inputTokens: 9, outputTokens: 2 })
  const resumed = new CodexUsage(witness())
  await resumed.resume(ID, nowhere(), null)
  expect(resumed.close(counts(9, 0, 0, 2))).toMatchObject({ inputTokens: 0, outputTokens: 0 })
})

test('[AG10] calls since a start that nobody saw the end of are reported by the next process', async () => {
  const { seen, usage, stored } = await session(FIRST, SECOND)
  await usage.resume(ID, stored, START + 5000)
  expect(usage.close(null)).toMatchObject({ inputTokens: 50 })
  expect(seen.usage.map(({ callId }) => callId)).toEqual(['resp_2'])
})
