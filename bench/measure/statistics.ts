/** The smallest value that at least `share` (0 to 1) of the values do not exceed. @throws RangeError for no values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).toSorted()
  const value = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]
  if (value === undefined) throw new RangeError('There is no percentile of no values.')
  return value
}

/** The value in the middle. @throws RangeError for no values. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** Differences between neighbours. */
export function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? time))
}
