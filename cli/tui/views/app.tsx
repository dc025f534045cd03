// The whole screen: all views, each of which draws itself into its rectangle of the layout, or nothing if it has none.

import { Box } from 'ink'
import { memo } from 'react'
import { cutText } from '../../../vt/cell-widths.ts'
import type { Size } from '../../terminal/size.ts'
import { isTooSmall, SMALLEST } from '../screen/layout.ts'
import { Rows } from '../screen/rows.tsx'
import { type Line, span } from '../screen/text.ts'
import { viewLayout } from '../store/view-layout.ts'
import { Console } from './console.tsx'
import { Dependencies } from './dependencies.tsx'
import { Details } from './details.tsx'
import { Drawer } from './drawer.tsx'
import { Header } from './header.tsx'
import { Help } from './help.tsx'
import { Hints } from './hints.tsx'
import { History } from './history.tsx'
import { InputLine } from './input-line.tsx'
import { ProcessTable } from './process-table.tsx'
import { StartForm } from './start-form.tsx'
import { TabLine } from './tab-line.tsx'
import { useView, ViewContext, type ViewProps } from './view-props.ts'

export function App(given: Omit<ViewProps, 'layout'>) {
  const { size } = given.state
  if (isTooSmall(size)) return <TooSmall {...given} />
  return (
    <ViewContext value={{ ...given, layout: viewLayout(given.state) }}>
      <Screen {...size} />
    </ViewContext>
  )
}

/** Drawn again only when the size changes; the views in it follow the state by themselves. */
const Screen = memo(({ columns, rows }: Size) => (
  <Box width={columns} height={rows}>
    <Header />
    <ProcessTable />
    <Details />
    <Divider />
    <TabLine />
    <Console />
    <InputLine />
    <StartForm />
    <Help />
    <History />
    <Dependencies />
    <Drawer />
    <Hints />
  </Box>
))

function Divider() {
  const { layout, theme } = useView()
  const pane = layout.divider
  if (pane === undefined) return null
  const lines: Line[] = Array.from({ length: pane.height }, () => [span(' │ ', theme.rule)])
  return <Rows lines={lines} pane={pane} />
}

function TooSmall({ state, theme }: Omit<ViewProps, 'layout'>) {
  const { columns, rows } = state.size
  const words = `${columns}×${rows} is too small; ${SMALLEST.columns}×${SMALLEST.rows} will do`
  return (
    <Box width={columns} height={rows}>
      <Rows
        lines={[[span(cutText(words, columns), theme.warn)]]}
        pane={{ left: 0, top: 0, width: columns, height: rows }}
      />
    </Box>
  )
}
