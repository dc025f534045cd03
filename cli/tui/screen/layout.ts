// Where everything is on the screen: a rectangle in cells for each view, from the screen's size and what is shown. Pure, and
// the only place that decides it: the views are drawn into these rectangles, and a click is looked up in them.

import type { Size } from '../../terminal/size.ts'

export interface Rectangle {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** What needs room. */
export interface Wanted {
  readonly size: Size
  /** Undefined: if there is room to spare. */
  readonly details: boolean | undefined
  /** Rows of what is asked at the bottom; 0: nothing is. */
  readonly drawer: number
  /** One pane over all others: the help. */
  readonly page: boolean
  /** The form takes the console's place. */
  readonly form: boolean
}

/** A view without a rectangle is not shown. */
export interface Layout {
  readonly header: Rectangle
  /** With its line of titles. */
  readonly list: Rectangle | undefined
  /** With its title. */
  readonly details: Rectangle | undefined
  /** The rule between what is on the left and the console. */
  readonly divider: Rectangle | undefined
  /** The line with the tabs. */
  readonly tabs: Rectangle | undefined
  readonly console: Rectangle | undefined
  readonly input: Rectangle | undefined
  readonly form: Rectangle | undefined
  readonly page: Rectangle | undefined
  readonly drawer: Rectangle | undefined
  readonly hints: Rectangle
}

/** Smaller terminals show only that they are too small. */
export const SMALLEST: Size = { columns: 40, rows: 12 }
/** From here on the list stands beside the console. */
const SIDE_BY_SIDE_COLUMNS = 110
/** From here on there is room for blank lines. */
const ROOMY_ROWS = 30
/** The titles of the list, and two processes. */
const LIST_LEAST = 3
/** The tabs, a row of output, and the input. While something is asked, there may be no room for it. */
const CONSOLE_LEAST = 3
/** The line between list and console, with a blank on each side. */
const DIVIDER = 3

export const isTooSmall = ({ columns, rows }: Size): boolean => columns < SMALLEST.columns || rows < SMALLEST.rows

export function layoutOf(wanted: Wanted): Layout {
  const { columns, rows } = wanted.size
  const blank = rows >= ROOMY_ROWS ? 1 : 0
  const header = { left: 0, top: 0, width: columns, height: 1 }
  const hints = { left: 0, top: rows - 1, width: columns, height: 1 }
  const drawerHeight = Math.max(0, Math.min(wanted.drawer, rows - 5 - blank))
  const drawer =
    drawerHeight === 0 ? undefined : { left: 0, top: rows - 1 - drawerHeight, width: columns, height: drawerHeight }
  const top = 1 + blank
  const body = { left: 0, top, width: columns, height: rows - 1 - top - drawerHeight }
  const nothing = {
    list: undefined,
    details: undefined,
    divider: undefined,
    tabs: undefined,
    console: undefined,
    input: undefined,
    form: undefined,
    page: undefined,
  }
  const common = { header, hints, drawer, ...nothing }
  if (wanted.page) return { ...common, page: body }
  return { ...common, ...(columns >= SIDE_BY_SIDE_COLUMNS ? sideBySide(body, wanted) : stacked(body, wanted)) }
}

type Panes = Partial<Pick<Layout, 'list' | 'details' | 'divider' | 'tabs' | 'console' | 'input' | 'form'>>

/** The list above; below it the console, or what takes its place. */
function stacked(body: Rectangle, wanted: Wanted): Panes {
  const listHeight =
    body.height < LIST_LEAST + CONSOLE_LEAST ? body.height : Math.max(LIST_LEAST, Math.floor(body.height * 0.4))
  const list = { ...body, height: listHeight }
  const below = { ...body, top: body.top + listHeight, height: body.height - listHeight }
  if (below.height === 0) return { list }
  if (wanted.form) return { list, form: below }
  if (wanted.details === true) return { list, details: below }
  return { list, ...consoleIn(below) }
}

/** The list, and the details under it, on the left; the console on the right. */
function sideBySide(body: Rectangle, wanted: Wanted): Panes {
  const width = Math.min(88, Math.max(46, Math.floor(body.width * 0.42)))
  const left = { ...body, width }
  const right = { ...body, left: width + DIVIDER, width: body.width - width - DIVIDER }
  const detailsHeight = Math.min(24, Math.floor(body.height * 0.45))
  const shown = wanted.details ?? detailsHeight >= 12
  const list = shown ? { ...left, height: left.height - detailsHeight } : left
  const details = shown ? { ...left, top: left.top + list.height, height: detailsHeight } : undefined
  const divider = { ...body, left: width, width: DIVIDER }
  if (wanted.form) return { list, details, divider, form: right }
  return { list, details, divider, ...consoleIn(right) }
}

function consoleIn(pane: Rectangle): Panes {
  if (pane.height < CONSOLE_LEAST) return {}
  return {
    tabs: { ...pane, height: 1 },
    console: { ...pane, top: pane.top + 1, height: pane.height - 2 },
    input: { ...pane, top: pane.top + pane.height - 1, height: 1 },
  }
}

export const contains = (rectangle: Rectangle | undefined, column: number, row: number): boolean =>
  rectangle !== undefined &&
  column >= rectangle.left &&
  column < rectangle.left + rectangle.width &&
  row >= rectangle.top &&
  row < rectangle.top + rectangle.height
