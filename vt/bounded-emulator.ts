// A program may print anything, and some of it would cost an emulator (@xterm/headless) time or memory without bound: "insert
// two thousand million lines", marks without end on one character, links that nobody will see again. This sets bounds that
// no program meets which is meant to be looked at. It is for the daemon, and for whoever shows its terminals.

import type { Terminal } from '@xterm/headless'

/** Marks that combine with one character: as many as in text of the stream-safe format (Unicode Standard Annex #15). */
const MARKS_MAX = 30
/** Characters of a link: what terminals and browsers agree on. A longer one is not a link. */
const URI_MAX = 2083
/** Different links on one terminal, and characters of all of them; what is beyond is not a link. */
const LINKS_MAX = 2000
const LINK_CHARACTERS_MAX = 256 * 1024
/** Looking for links that nobody sees takes a look at each cell. If that has not made room, so many are refused before the next. */
const REFUSED_BETWEEN_LOOKS = 1000

/** Parameters of a sequence, as its handlers get them: what one changes, the next one sees. */
interface Parameters {
  readonly params: Int32Array
}

interface Attributes {
  readonly extended: { readonly urlId: number }
}

interface Line {
  readonly _combined: Readonly<Record<number, string | undefined>>
  /** By column; also of cells that have been overwritten since. */
  readonly _extendedAttrs: Readonly<Record<number, { readonly urlId: number } | undefined>>
  addCodepointToCell(column: number, code: number, width: number): void
}

interface Buffer {
  readonly x: number
  readonly y: number
  readonly ybase: number
  readonly savedCurAttrData: Attributes
  readonly lines: { readonly length: number; get(row: number): Line | undefined }
}

interface LinkService {
  /** A number that is kept with each cell; 0: none. */
  registerLink(data: { readonly uri: string }): number
  addLineToLink(link: number, row: number): void
  getLinkData(link: number): { readonly uri: string } | undefined
}

/** The private members of a terminal that are used, of the version that package.json names. */
interface Core {
  readonly cols: number
  readonly rows: number
  readonly buffers: { readonly normal: Buffer; readonly alt: Buffer; readonly active: Buffer }
  readonly coreService: { readonly modes: { readonly insertMode: boolean } }
  readonly _inputHandler: { readonly _curAttrData: Attributes }
  readonly _oscLinkService: LinkService
  registerCsiHandler(id: { readonly final: string }, handler: (parameters: Parameters) => boolean): void
}

/** Sets the bounds, for good. */
export function setBounds(terminal: Terminal): void {
  const core = (terminal as unknown as { readonly _core: Core })._core
  boundCounts(core)
  boundMarks(core)
  Object.assign(core._oscLinkService, new Links(core))
}

/** The sequences that do something so many times, one by one: more than fits on the screen changes nothing. */
function boundCounts(core: Core): void {
  const bounds: Readonly<Record<string, () => number>> = {
    // Lines inserted, deleted, scrolled up and down.
    ...{ L: () => core.rows, M: () => core.rows, S: () => core.rows, T: () => core.rows },
    // Tab stops, forward and back.
    ...{ I: () => core.cols, Z: () => core.cols },
    // The character before, again.
    b: () => (repeatsCheaply(core) ? core.cols * core.rows : core.cols),
  }
  for (const [final, bound] of Object.entries(bounds)) {
    core.registerCsiHandler({ final }, ({ params }) => {
      params[0] = Math.min(params[0] ?? 0, bound())
      return false
    })
  }
}

/**
 * Whether the character before the cursor can be printed on the whole screen in a moment: not where each one moves the rest of
 * its row, nor with its marks. Of those, a row is all that is repeated.
 */
function repeatsCheaply({ buffers: { active }, coreService }: Core): boolean {
  const marks = active.lines.get(active.ybase + active.y)?._combined
  return !coreService.modes.insertMode && marks?.[active.x - 1] === undefined && marks?.[active.x - 2] === undefined
}

const boundedPrototypes = new WeakSet<Line>()

/** Lines have the method from their prototype, which all terminals share. */
function boundMarks({ buffers }: Core): void {
  const prototype = Object.getPrototypeOf(buffers.normal.lines.get(0)) as Line
  if (boundedPrototypes.has(prototype)) return
  boundedPrototypes.add(prototype)
  const add = prototype.addCodepointToCell
  prototype.addCodepointToCell = function (this: Line, column, code, width) {
    if ((this._combined[column]?.length ?? 0) <= MARKS_MAX) add.call(this, column, code, width)
  }
}

/** The links of a terminal: each as often as it is different, and no more of them than its cells have. */
class Links implements LinkService {
  readonly #core: Core
  readonly #numbers = new Map<string, number>()
  readonly #uris = new Map<number, string>()
  #next = 1
  #characters = 0
  /** So many more are refused without a look at what is on the screen. */
  #refused = 0

  constructor(core: Core) {
    this.#core = core
  }

  readonly registerLink = ({ uri }: { readonly uri: string }): number => {
    const known = this.#numbers.get(uri)
    if (known !== undefined) return known
    if (uri.length > URI_MAX || !this.#makeRoomFor(uri)) return 0
    const number = this.#next++
    this.#numbers.set(uri, number)
    this.#uris.set(number, uri)
    this.#characters += uri.length
    return number
  }

  readonly addLineToLink = (): void => {
    // Where it is on the screen, its cells say.
  }

  readonly getLinkData = (link: number): { readonly uri: string } | undefined => {
    const uri = this.#uris.get(link)
    return uri === undefined ? undefined : { uri }
  }

  #makeRoomFor(uri: string): boolean {
    if (this.#hasRoomFor(uri)) return true
    if (this.#refused > 0) {
      this.#refused--
      return false
    }
    this.#forgetUnused()
    // Where looking has made little room, it would soon have to be done again.
    if (this.#uris.size > 0.75 * LINKS_MAX || this.#characters > 0.75 * LINK_CHARACTERS_MAX) {
      this.#refused = REFUSED_BETWEEN_LOOKS
    }
    return this.#hasRoomFor(uri)
  }

  #hasRoomFor(uri: string): boolean {
    return this.#uris.size < LINKS_MAX && this.#characters + uri.length <= LINK_CHARACTERS_MAX
  }

  #forgetUnused(): void {
    const used = this.#used()
    for (const [number, uri] of this.#uris) {
      if (used.has(number)) continue
      this.#uris.delete(number)
      this.#numbers.delete(uri)
      this.#characters -= uri.length
    }
  }

  #used(): Set<number> {
    const { buffers, _inputHandler } = this.#core
    const used = new Set([_inputHandler._curAttrData.extended.urlId])
    for (const { lines, savedCurAttrData } of [buffers.normal, buffers.alt]) {
      used.add(savedCurAttrData.extended.urlId)
      for (let row = 0; row < lines.length; row++) {
        for (const attributes of Object.values(lines.get(row)?._extendedAttrs ?? {})) used.add(attributes?.urlId ?? 0)
      }
    }
    return used
  }
}
