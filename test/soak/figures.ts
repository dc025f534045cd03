// Figures over time, and whether they stay level.

export interface Sample {
  readonly seconds: number
  readonly rss: number
  readonly heap: number
  readonly external: number
  readonly files: number
}

export interface Slope {
  readonly mean: number
  readonly perHour: number
  /** Standard error of the slope. */
  readonly error: number
  /** What the slope makes over the time it was taken from. */
  readonly growth: number
}

/** The least-squares line through the second half of the samples. */
export function slopeOf<F extends string>(
  samples: readonly Readonly<Record<F | 'seconds', number>>[],
  figure: F,
): Slope {
  const half = samples.slice(Math.floor(samples.length / 2))
  const count = half.length
  const meanX = half.reduce((sum, { seconds }) => sum + seconds, 0) / count
  const mean = half.reduce((sum, sample) => sum + sample[figure], 0) / count
  let squares = 0
  let products = 0
  for (const sample of half) {
    squares += (sample.seconds - meanX) ** 2
    products += (sample.seconds - meanX) * (sample[figure] - mean)
  }
  const slope = squares === 0 ? 0 : products / squares
  const rest = half.reduce((sum, sample) => sum + (sample[figure] - mean - slope * (sample.seconds - meanX)) ** 2, 0)
  const error = squares === 0 || count < 3 ? 0 : Math.sqrt(rest / (count - 2) / squares)
  const time = (half.at(-1)?.seconds ?? 0) - (half[0]?.seconds ?? 0)
  return { mean, perHour: slope * 3600, error: error * 3600, growth: slope * time }
}

/** Level: over the second half it grew by no more than a twentieth, or by no more than chance explains. */
export function isLevel({ mean, growth, perHour, error }: Slope): boolean {
  return growth <= mean / 20 || perHour <= 3 * error
}
