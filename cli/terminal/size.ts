// The size of a terminal in character cells.

export interface Size {
  readonly columns: number
  readonly rows: number
}
