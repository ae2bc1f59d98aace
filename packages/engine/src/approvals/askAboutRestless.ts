import type { BaseCall } from '../calls/BaseCall.ts'
import type { CallRecord } from '../journal/records.ts'
import { QuestionCall } from '../waits/QuestionCall.ts'

/** So often an approval is asked anew by itself because its files changed (P1). */
const BY_ITSELF = 3

/**
 * Whether an approval whose files change again and again may be asked once more. Up to three times it may; then a
 * person decides, and after that it may three times more.
 */
export async function askAboutRestless(
  approval: BaseCall<unknown, CallRecord>,
  {
    name,
    title,
    stepKey,
  }: { readonly name: string; readonly title: string; readonly stepKey: string | null },
  reopened: number,
): Promise<boolean> {
  if (reopened < BY_ITSELF || reopened % BY_ITSELF !== 0) return true
  const { x, scope, key } = approval
  return await new QuestionCall<boolean>(x, scope, `${key}@changed:${reopened / BY_ITSELF}`, {
    kind: 'failure',
    name,
    title: `The files changed ${reopened} times while "${title}" was asked. Ask it again?`,
    body: 'Something goes on writing into the workspace: a program that watches files, another run, or a person. Stop it first.',
    timeoutMs: null,
    onTimeout: 'fail',
    answerSchema: null,
    choices: ['again', 'fail'],
    stepKey,
    accept: ({ answer, approved }) => answer === 'again' || (answer === null && approved),
  }).request()
}
