// The whole screen: puts the views where the layout has them. Knows nothing of what they show.

import { Box } from 'ink'
import { memo } from 'react'
import { type Arrangement, DIVIDER, isTooSmall, SMALLEST } from '../screen/layout.ts'
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
import { useView, ViewContext, type ViewProps } from './view-props.ts'

export function App(given: Omit<ViewProps, 'layout'>) {
  const { size } = given.state
  if (isTooSmall(size)) return <TooSmall {...given} />
  const layout = viewLayout(given.state)
  const body = (layout.list ?? layout.page)?.top ?? 1
  return (
    <ViewContext value={{ ...given, layout }}>
      <Boxes {...size} arrangement={layout.arrangement} blank={body - 1} />
    </ViewContext>
  )
}

interface BoxesProps {
  readonly columns: number
  readonly rows: number
  readonly arrangement: Arrangement
  /** Rows between the header and what is below. */
  readonly blank: number
}

/** Drawn again only when the boxes change; the views in them follow the state by themselves. */
const Boxes = memo(({ columns, rows, arrangement, blank }: BoxesProps) => (
  <Box flexDirection="column" width={columns} height={rows}>
    <Header />
    {blank > 0 ? <Box height={blank} flexShrink={0} /> : null}
    {arrangement === 'stacked' ? <Stacked /> : <SideBySide />}
    <Drawer />
    <Hints />
  </Box>
))

const Stacked = () => (
  <Box flexDirection="column">
    <Help />
    <ProcessTable />
    <Details />
    <Main />
  </Box>
)

const SideBySide = () => (
  <Box flexDirection="row">
    <Box flexDirection="column" flexShrink={0}>
      <ProcessTable />
      <Details />
    </Box>
    <Divider />
    <Box flexDirection="column" flexShrink={0}>
      <Main />
    </Box>
  </Box>
)

function Divider() {
  const { layout, theme } = useView()
  const height = (layout.list?.height ?? 0) + (layout.details?.height ?? 0)
  const lines: Line[] = Array.from({ length: height }, () => [span(' │ ', theme.rule)])
  return <Rows lines={lines} width={DIVIDER} />
}

/** The console, or the form in its place. */
const Main = () => (
  <>
    <StartForm />
    <TabLine />
    <Console />
    <InputLine />
  </>
)

function TooSmall({ state, theme }: Omit<ViewProps, 'layout'>) {
  const { columns, rows } = state.size
  const words = `${columns}×${rows} is too small; ${SMALLEST.columns}×${SMALLEST.rows} will do`
  return <Rows lines={[[span(cutText(words, columns), theme.warn)]]} width={columns} height={Math.max(1, rows)} />
}
