// The one component that shows text: rows of an exact width, at the place that Ink gives their box.

import { Box, Text, Transform } from 'ink'
import { createContext, useContext } from 'react'
import type { Surface } from './surface.ts'
import { fitLine, type Line } from './text.ts'

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
  if (width < 1 || height < 1) return null
  // Ink asks for each row of the placeholder, which alone it measures.
  return (
    <Box width={width} height={height} flexShrink={0}>
      <Transform transform={(_, row) => surface.token(fitLine(lines[row] ?? [], width))}>
        <Text>{`.${'\n.'.repeat(height - 1)}`}</Text>
      </Transform>
    </Box>
  )
}
