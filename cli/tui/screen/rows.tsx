// The one component that shows text: rows in a rectangle of the layout. What they say may change without Ink drawing anything.

import { Box, Text } from 'ink'
import { createContext, useContext, useLayoutEffect, useMemo, useState } from 'react'
import type { Rectangle } from './layout.ts'
import type { Surface } from './surface.ts'
import type { Line } from './text.ts'

/** Where the rows of the picture that is being made go. */
export const SurfaceContext = createContext<Surface | undefined>(undefined)

interface RowsProps {
  /** Filled up with blanks, or cut, to the rectangle. */
  readonly lines: readonly Line[]
  readonly pane: Rectangle
}

export function Rows({ lines, pane: { left, top, width, height } }: RowsProps) {
  const surface = useContext(SurfaceContext)
  if (surface === undefined) throw new Error('internal error: rows outside of a surface')
  // What begins to be drawn is always drawn to its end: Ink's React renders in one go.
  const [slot] = useState(() => surface.open())
  useLayoutEffect(() => () => surface.close(slot), [surface, slot])
  // The same element as long as the rectangle is the same: React then has nothing to change, and Ink nothing to draw.
  const box = useMemo(
    () => (
      <Box position="absolute" marginLeft={left} marginTop={top} width={width} height={height}>
        <Text>{surface.token(slot)}</Text>
      </Box>
    ),
    [surface, slot, left, top, width, height],
  )
  surface.put(slot, { lines, width, height })
  return box
}
