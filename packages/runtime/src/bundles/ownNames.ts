/** What the names that authors import mean inside this installation. */
export const OWN: Readonly<Record<string, string>> = {
  holdfast: '@holdfast/runtime/author',
  'holdfast/agents': '@holdfast/agents/author',
  'holdfast/testing': '@holdfast/runtime/testing',
  'holdfast/runtime': '@holdfast/runtime',
}
