// What a process's standard streams are to the process: one interface, whether they are pipes or a terminal.

import type { OutputChannel, TerminalSize } from '../../proto/protocol.ts'

/** What streams tell. */
export interface StreamHandlers<Tag> {
  /**
   * Output: `buffer` from `start` to `end`; in front of `start` there is room for the header of a packet. The buffer
   * belongs to the callee until it returns, and is overwritten after that.
   */
  readonly onOutput: (channel: OutputChannel, buffer: Buffer, start: number, end: number) => void
  /** Nothing more will come on a channel. */
  readonly onOutputEnd: (channel: OutputChannel) => void
  /** After {@link ProcessStreams.died}: all that the process wrote has come; descendants of it may write more. */
  readonly onComplete: () => void
  /** The process has taken this much more of what was written with this tag; what has none is told to nobody. */
  readonly onInputTaken: (tag: Tag, bytes: number) => void
  /** No more input is taken. */
  readonly onInputClosed: () => void
}

/** The standard streams of one process. */
export interface ProcessStreams<Tag> {
  readonly inputOpen: boolean
  /** Bytes of input that wait for the process, and the writes they came in. */
  readonly queuedBytes: number
  readonly queuedWrites: number
  /** The most that one read brings. */
  readonly readMax: number
  /** Writes after all that came before. The bytes must not be changed from here on. */
  write(bytes: Buffer, tag: Tag | undefined): void
  /** The end of the input, after all that came before. */
  end(): void
  /** Drops what waits of what was written with this tag, apart from a write that has begun; nobody is told. */
  drop(tag: Tag): void
  /** No more input is taken; what waits is dropped, telling nobody. */
  closeInput(): void
  /** Sets the size of its terminal. @throws NetdaemonError SYSTEM with the errno */
  resize(size: TerminalSize): void
  /** Stops reading its output, so that it waits. */
  pause(): void
  /** Reads on after {@link pause}. */
  resume(): void
  /** Stops reading this channel until the callback that `arrange` is given is called. May be called in onOutput. */
  yieldUntil(channel: OutputChannel, arrange: (readOn: () => void) => void): void
  /** The main process has died: onComplete follows, or the ends of all its channels. */
  died(): void
}
