// One attached process, as its client sees it: joins the output queue and the input sender to one stream of the link, and
// knows how the attachment ended: with the process, by detaching, or with the connection.

import { NetdaemonError } from '../../proto/errors.ts'
import { type FinalState, isEnded } from '../../proto/live-state.ts'
import {
  type AttachOptionsInput,
  type EventBody,
  type ProcessSummary,
  STDERR,
  STDOUT,
  type StreamInfo,
  type TerminalSize,
} from '../../proto/protocol.ts'
import { ownFailure } from '../link/call-site.ts'
import { type Deferred, defer } from '../link/deferred.ts'
import { sendKill } from '../link/kill.ts'
import { refuseUnknownOptions } from '../link/known-keys.ts'
import type { Link, StreamSink } from '../link/link.ts'
import { type CallOptions, type KillOptions, optionNames } from '../options.ts'
import { InputSender, inputClosed } from './input-sender.ts'
import { OutputAcks } from './output-acks.ts'
import type { OutputGap, OutputItem, OutputRun } from './output-item.ts'
import { OutputQueue } from './output-queue.ts'
import { type LinesOptions, linesOf, type OutputLine, type OutputText, textOf } from './output-text.ts'

/**
 * A process that this client is attached to, from `client.attach` or `client.startAttached`.
 *
 * Read {@link output}: when the window is full of bytes that you have not read, the daemon stops sending, and a process
 * that you are attached to `lossless` waits.
 */
export class Attachment implements AsyncDisposable {
  /** The process as it was when the attachment began. */
  readonly process: ProcessSummary
  /** What the wire calls the process, for as long as this daemon lives. */
  readonly handle: number
  /** Where the output begins, and the windows granted, in bytes. */
  readonly stream: StreamInfo
  /**
   * How the process ended; `unknown` if only a newer daemon knows. Resolves after all its output has come, though perhaps
   * not been read. Output that nobody reads keeps it from resolving: use `client.wait` if only the end matters. Rejects
   * with DISCONNECTED, or NOT_ATTACHED after detaching; a rejection that nobody looks at does no harm.
   */
  readonly exited: Promise<FinalState>

  readonly #link: Link
  readonly #output: OutputQueue
  readonly #input: InputSender
  readonly #stream: StreamSink
  readonly #acks: OutputAcks
  readonly #exited: Deferred<FinalState> = defer(true)
  #terminal: TerminalSize | undefined
  #resized: (size: TerminalSize) => void = () => {}
  #attached = true
  #detaching: Promise<void> | undefined

  /** @internal Attachments come from a client. */
  constructor(link: Link, process: ProcessSummary, stream: StreamInfo, asked: AttachOptionsInput) {
    this.process = process
    this.handle = process.handle
    this.stream = stream
    this.#terminal = process.terminal
    this.exited = this.#exited.promise
    this.#link = link
    this.#acks = new OutputAcks(link, stream.attachment)
    this.#output = new OutputQueue({
      from: stream.from,
      window: stream.window,
      ackWhenEmpty: asked.keep !== undefined,
      ack: (offset) => this.#acks.send(offset),
      abandoned: () => this.detach(),
    })
    this.#input = new InputSender({
      attachment: stream.attachment,
      window: stream.inputWindow,
      open: stream.inputOpen,
      readOnly: asked.readOnly ?? false,
      congested: () => link.congested,
      transmit: (packet) => link.send(packet),
    })
    this.#stream = this.#sink()
    link.streams.set(stream.attachment, this.#stream)
  }

  /**
   * The output, for one reader: `for await (const item of attachment.output)`. It ends when the process has ended and you
   * have read everything; leaving the loop detaches. If the connection is lost, you get what has arrived, and then it throws
   * DISCONNECTED; if the daemon ended the attachment, NOT_ATTACHED.
   *
   * When you ask for the next item, the daemon may forget the one before. You may keep its bytes.
   */
  get output(): AsyncIterable<OutputItem> {
    return this.#output
  }

  /**
   * As {@link output}, except that you may use the bytes of an item only until you ask for the next one: then their memory
   * is used again. For readers of much output. A stream may hold the bytes until its callback comes, so wait for that.
   */
  get lentOutput(): AsyncIterable<OutputItem> {
    return this.#output.lent
  }

  /**
   * The output as text, for one reader, in place of {@link output}: pieces as they come, in which no character is cut, and
   * gaps. It ends, and fails, as {@link output} does.
   */
  text(): AsyncIterable<OutputText | OutputGap | OutputRun> {
    return textOf(this.#output)
  }

  /**
   * The output in lines, and the gaps between them, for one reader, in place of {@link output}. It ends, and fails, as
   * {@link output} does. To read on after a certain line later, attach from its `end`: {@link offset} counts whole packets.
   */
  lines(options: LinesOptions = {}): AsyncIterable<OutputLine | OutputGap | OutputRun> {
    return linesOf(this.#output, options)
  }

  /**
   * You have consumed everything below this offset: attach from here to continue after a break. It counts the bytes of
   * stdout and stderr together, from the start of the process. Inside the loop, the current item is not counted.
   */
  get offset(): number {
    return this.#output.offset
  }

  /** The size of the process's terminal, as far as this client has learned; undefined if it has pipes. */
  get terminal(): TerminalSize | undefined {
    return this.#terminal
  }

  /** Sets the callback for changes of {@link terminal}, by this client or another. It must not throw. */
  onResized(callback: (size: TerminalSize) => void): void {
    this.#resized = callback
  }

  /** Whether the process takes input from this attachment. */
  get inputOpen(): boolean {
    return this.#attached && this.#input.open
  }

  /**
   * Writes to the process's standard input. Resolves when its pipe has taken all of it. Up to 64 KiB are written in one
   * piece, even if other clients write at the same time. Do not change the bytes before it resolves.
   *
   * @throws NetdaemonError INPUT_CLOSED (an unknown part may have been taken), DISCONNECTED, NOT_ATTACHED; LIMIT if 16 MiB
   * wait already
   */
  async write(data: Uint8Array | string): Promise<void> {
    const bytes =
      typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    await ownFailure(this.#input.write(bytes))
  }

  /**
   * Ends the process's standard input, for all clients, after what this attachment wrote before. Resolves when that has
   * been taken and the end sent. On a terminal it is a Ctrl-D: other clients can still type, but not this attachment.
   *
   * @throws NetdaemonError INPUT_CLOSED if it takes no input, DISCONNECTED, NOT_ATTACHED
   */
  async end(): Promise<void> {
    await ownFailure(this.#input.end())
  }

  /**
   * States the size of the terminal that shows this attachment; null takes it back. The terminal of the process gets the
   * smallest width and height of all clients that state one and are not read-only. Resolves with that size.
   *
   * @throws NetdaemonError NO_TERMINAL, NOT_ATTACHED, SYSTEM, DISCONNECTED
   */
  async resize(size: TerminalSize | null, options: CallOptions = {}): Promise<TerminalSize> {
    refuseUnknownOptions(options, optionNames.call, 'resize')
    return this.#link.request(
      'RESIZE',
      { attachment: this.stream.attachment, size },
      {
        signal: options.signal,
        take: (result) => {
          this.#learnSize(result.size)
          return result.size
        },
      },
    )
  }

  /**
   * Sends a signal, TERM if none is given; resolves with its name when the kernel has taken it.
   *
   * @throws NetdaemonError NOT_RUNNING, NOT_FOUND, BAD_REQUEST (no such signal), DISCONNECTED
   */
  async kill(signal?: string | number, options: KillOptions = {}): Promise<string> {
    refuseUnknownOptions(options, optionNames.kill, 'kill')
    return sendKill(this.#link, { process: this.handle, signal, scope: options.scope }, options.signal)
  }

  /**
   * Ends the attachment; the process runs on, with its input open. Output not yet read is dropped. A place kept by
   * `keep` is given up. Does nothing if the attachment, or the connection, has ended already.
   */
  detach(): Promise<void> {
    this.#detaching ??= this.#attached ? this.#sendDetach() : Promise.resolve()
    return this.#detaching
  }

  /** As {@link detach}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.detach()
  }

  async #sendDetach(): Promise<void> {
    const error = new NetdaemonError('NOT_ATTACHED', `detached from "${this.process.id}"`)
    this.#attached = false
    this.#output.discard()
    this.#input.close(error)
    this.#exited.reject(error)
    // Its stream stays registered until the OK, so that what is still on the way is not taken for a new attachment's.
    try {
      await this.#link.request('DETACH', { attachment: this.stream.attachment }, { take: () => this.#release() })
    } catch (failure) {
      this.#release()
      if (!isOver(failure)) throw failure
    }
  }

  /** What the link calls. Once the attachment has ended, what still comes is let pass. */
  #sink(): StreamSink {
    return {
      data: (channel, offset, bytes, memory) => {
        if (channel !== STDOUT && channel !== STDERR) {
          throw new NetdaemonError('BAD_PACKET', `bad packet: DATA from the daemon on channel ${channel}`)
        }
        if (this.#attached) this.#output.data(channel, offset, bytes, memory)
      },
      gap: (from, to) => {
        if (this.#attached) this.#output.gap(from, to)
      },
      acked: (offset) => {
        if (this.#attached) this.#input.acked(offset)
      },
      status: (body) => this.#status(body),
      run: (body) => {
        if (!this.#attached || body.kind === 'unknown') return
        const { kind: event, attachment: _attachment, handle: _handle, ...facts } = body
        this.#output.run({ kind: 'run', event, ...facts })
      },
      dropped: ({ to, bytes, run }) => {
        if (this.#attached) this.#input.dropped(to, inputClosed(`run ${run} ended before it had taken ${bytes} bytes`))
      },
      detached: (reason) => {
        const why = `the daemon detached this client from "${this.process.id}": ${reason}`
        this.#over(new NetdaemonError('NOT_ATTACHED', why))
      },
      drained: () => this.#drained(),
      lost: (error) => this.#over(error),
    }
  }

  #status({ state, inputOpen, final, terminal }: EventBody<'STATUS'>): void {
    if (terminal !== undefined) this.#learnSize(terminal)
    if (!inputOpen) this.#input.close(inputClosed('it has closed its input, or ended'))
    if (!final) {
      if (inputOpen) this.#input.reopen()
      return
    }
    if (!isEnded(state) && state.kind !== 'unknown')
      throw new NetdaemonError('BAD_PACKET', `bad packet: a final STATUS that says "${state.kind}"`)
    this.#release()
    if (!this.#attached) return
    this.#attached = false
    this.#input.close(inputClosed('it has ended'))
    this.#output.finish()
    this.#exited.resolve(state)
  }

  #learnSize(size: TerminalSize): void {
    if (size.columns === this.#terminal?.columns && size.rows === this.#terminal.rows) return
    this.#terminal = size
    this.#resized(size)
  }

  #over(error: NetdaemonError): void {
    this.#release()
    if (!this.#attached) return
    this.#attached = false
    this.#input.close(error)
    this.#output.finish(error)
    this.#exited.reject(error)
  }

  #release(): void {
    if (this.#link.streams.get(this.stream.attachment) === this.#stream)
      this.#link.streams.delete(this.stream.attachment)
  }

  #drained(): void {
    if (!this.#attached) return
    this.#acks.drained()
    this.#input.send()
  }
}

/** Whether a DETACH failed because there is nothing left to detach from. */
const isOver = (failure: unknown): boolean =>
  failure instanceof NetdaemonError && ['NOT_ATTACHED', 'NOT_FOUND', 'DISCONNECTED'].includes(failure.code)
