// The UI of a hosting service: docs/screens/ui.svg for the front page, and ui-80x24.svg and so on at three sizes.

import type { Scene } from '../scene.ts'
import { hostingFigures, startHosting } from './hosting.ts'

const scene = (name: string, columns: number, rows: number, play: Scene['play']): Scene => ({
  file: `docs/screens/${name}.svg`,
  title: 'ndctl ui',
  description: `All processes of a hosting service on a terminal of ${columns} columns: a list, details, and a console`,
  columns,
  rows,
  command: ['ndctl', 'ui', ...(name === 'ui' ? [] : ['survival'])],
  varying: hostingFigures,
  prepare: startHosting,
  play,
})

const measured: Scene['play'] = async (session) => {
  await session.shows('restart in 5 minutes')
  // When it has asked twice, it knows what takes processor time.
  await session.shows(/ survival .*?\d\.\d .*?\d M /)
  await session.settled()
}

export const uiScenes: readonly Scene[] = [
  scene('ui', 128, 34, measured),
  scene('ui-80x24', 80, 24, measured),
  scene('ui-120x40', 120, 40, async (session, stage) => {
    await measured(session, stage)
    session.type('say back in a moment')
    session.press('Enter')
    await session.shows('back in a moment')
    session.type('list')
    await session.settled()
  }),
  scene('ui-200x60', 200, 60, measured),
]
