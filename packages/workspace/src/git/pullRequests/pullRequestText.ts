import type { PullRequestText } from '@holdfast/workflow-sdk'

/** The pull request as Markdown, with where its branch is and what is left to do. */
export function pullRequestText(
  text: PullRequestText,
  place: { readonly branch: string; readonly remote?: string; readonly url?: string },
): string {
  const lines = [`# ${text.title}`, '', text.body.trim(), '', '---', '', `- Branch: \`${place.branch}\``]
  if (text.base !== undefined) lines.push(`- Merge into: \`${text.base}\``)
  if (text.draft === true) lines.push('- Draft: yes')
  lines.push(`- ${whatIsLeft(place)}`)
  return `${lines.join('\n')}\n`
}

function whatIsLeft(place: { readonly remote?: string; readonly url?: string }): string {
  if (place.url !== undefined) return `Pull request: ${place.url}`
  if (place.remote === undefined)
    return 'The repository has no remote: the branch is only here. Add one and push it.'
  return (
    `The branch is pushed to \`${place.remote}\`. Open the pull request there, or sign in with \`gh auth login\` ` +
    'or set `GITHUB_TOKEN` to have it opened next time.'
  )
}
