import { expect, test } from 'vitest'
import { runLater, runNow, wait, type MaybePromise, type Program } from './program.ts'

function* sum(reads: (() => MaybePromise<number>)[]): Program<number> {
  let total = 0
  for (const read of reads) total += yield* wait(read())
  return total
}

test('a program is the same whether its reads answer at once or later', async () => {
  expect(runNow(sum([() => 1, () => 2]))).toBe(3)
  expect(await runLater(sum([() => 1, async () => 2]))).toBe(3)
  await expect(runLater(sum([() => Promise.reject(new Error('gone'))]))).rejects.toThrow('gone')
})
