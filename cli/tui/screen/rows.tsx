// The one component that shows text: rows of an exact width, at the place that Ink gives their box. What they say may change
// without Ink drawing anything.

import { Box, Text } from 'ink'
import { createContext, useContext, useLayoutEffect, useMemo, useState } from 'react'
import type { Surface } from './surface.ts'
import type { Line } from './text.ts'

/** Where the rows of the picture that is being made go. */
export const SurfaceContext = createContext<Surface | undefined>(undefined)

interface RowsProps {
  readonly lines: readonly Line[]
  readonly width: number
  /** Filled up with blanks, or cut, to so many rows; absent: as many as there are lines. */
  readonly height?: number
}

export function Rows({ lines, width, height = lines.length }: RowsProps) {
  const surface = useContext(SurfaceContext)
  if (surface === undefined) throw new Error('internal error: rows outside of a surface')
  // What begins to be drawn is always drawn to its end: Ink's React renders in one go.
  const [slot] = useState(() => surface.open())
  useLayoutEffect(() => () => surface.close(slot), [surface, slot])
  // The same element as long as the box is the same: React then has nothing to change, and Ink nothing to draw.
  const box = useMemo(
    () =>
      width < 1 || height < 1 ? null : (
        <Box width={width} height={height} flexShrink={0}>
          <Text>{surface.token(slot)}</Text>
        </Box>
      ),
    [surface, slot, width, height],
  )
  surface.put(slot, { lines, width, height })
  return box
}
