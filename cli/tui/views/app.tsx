// The whole screen: puts the views where the layout has them. Knows nothing of what they show.

import { Box } from 'ink'
import { DIVIDER, isTooSmall, SMALLEST } from '../screen/layout.ts'
import { Rows } from '../screen/rows.tsx'
import { cutText, type Line, span } from '../screen/text.ts'
import { viewLayout } from '../store/view-layout.ts'
import { Console } from './console.tsx'
import { Details } from './details.tsx'
import { Drawer } from './drawer.tsx'
import { Header } from './header.tsx'
import { Help } from './help.tsx'
import { Hints } from './hints.tsx'
import { InputLine } from './input-line.tsx'
import { ProcessTable } from './process-table.tsx'
import { StartForm } from './start-form.tsx'
import { TabLine } from './tab-line.tsx'
import type { ViewProps } from './view-props.ts'

export function App(given: Omit<ViewProps, 'layout'>) {
  const { state } = given
  const { columns, rows } = state.size
  if (isTooSmall(state.size)) return <TooSmall {...given} />
  const layout = viewLayout(state)
  const props: ViewProps = { ...given, layout }
  const blank = (layout.list ?? layout.page)?.top === 2 ? <Box height={1} flexShrink={0} /> : null
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      <Header {...props} />
      {blank}
      {layout.arrangement === 'stacked' ? <Stacked {...props} /> : <SideBySide {...props} />}
      <Drawer {...props} />
      <Hints {...props} />
    </Box>
  )
}

function Stacked(props: ViewProps) {
  return (
    <Box flexDirection="column">
      <Help {...props} />
      <ProcessTable {...props} />
      <Details {...props} />
      <Main {...props} />
    </Box>
  )
}

function SideBySide(props: ViewProps) {
  const { layout, theme } = props
  const height = (layout.list?.height ?? 0) + (layout.details?.height ?? 0)
  const divider: Line[] = Array.from({ length: height }, () => [span(' │ ', theme.rule)])
  return (
    <Box flexDirection="row">
      <Box flexDirection="column" flexShrink={0}>
        <ProcessTable {...props} />
        <Details {...props} />
      </Box>
      <Rows lines={divider} width={DIVIDER} />
      <Box flexDirection="column" flexShrink={0}>
        <Main {...props} />
      </Box>
    </Box>
  )
}

/** The console, or the form in its place. */
function Main(props: ViewProps) {
  return (
    <>
      <StartForm {...props} />
      <TabLine {...props} />
      <Console {...props} />
      <InputLine {...props} />
    </>
  )
}

function TooSmall({ state, theme }: Omit<ViewProps, 'layout'>) {
  const { columns, rows } = state.size
  const words = `${columns}×${rows} is too small; ${SMALLEST.columns}×${SMALLEST.rows} will do`
  return <Rows lines={[[span(cutText(words, columns), theme.warn)]]} width={columns} height={Math.max(1, rows)} />
}
