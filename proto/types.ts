// The shapes of the protocol as TypeScript types, each field with its description.
// Written from proto/messages/ by `npm run docs`. Change the table there, not this file.
// More than 300 lines: it is made, and nobody reads it from end to end.

/** The size of a terminal. */
export interface TerminalSize {
  /** Characters in a line. */
  columns: number
  /** Lines. */
  rows: number
}

/** The environment of a process to be started. */
export interface EnvironmentInput {
  /** True: begin with the daemon's environment; false: begin with none. Default: `true`. */
  inherit?: boolean | undefined
  /** Variables to set after that. Default: `{}`. */
  set?: { [key: string]: string } | undefined
}

/** When an ended run is followed by another. */
export interface RestartInput {
  /** `on-failure`: after an end that is no success; `always`: after each end. */
  policy: 'never' | 'on-failure' | 'always'
  /** The first pause before another run. Default: `100`. */
  delayMs?: number | undefined
  /** Each further failure multiplies the pause by this. Default: `2`. */
  factor?: number | undefined
  /** The longest pause. Default: `60000`. */
  maxMs?: number | undefined
  /** The pause is made longer or shorter by up to this share of it. Default: `0.1`. */
  jitter?: number | undefined
  /** A run that was ready for so long makes up for earlier failures. Default: `60000`. */
  resetAfterMs?: number | undefined
  /** The policy gives up at this, and the process is `failed`; absent: it never does. */
  limit?:
    | {
        /** So many starts by the policy. */
        starts: number
        /** Within this time. */
        withinMs: number
      }
    | undefined
  /** Ends that count as success beside exit code 0. Default: `{}`. */
  success?:
    | {
        /** Exit codes. Default: `[]`. */
        codes?: readonly number[] | undefined
        /** Signals that ended it. Default: `[]`. */
        signals?: readonly string[] | undefined
      }
    | undefined
}

/** A command that runs beside a process. */
export interface BesideCommandInput {
  /** A program and its arguments, run with the environment, the directory and the umask of the process. */
  command: readonly string[]
  /** It is killed after this, with its tree, and has failed. Default: `30000`. */
  timeoutMs?: number | undefined
}

/** How a process is started. */
export interface StartRulesInput {
  /** When it counts as ready; absent: as soon as it runs. */
  ready?:
    | {
        kind: 'after'
        /** Ready when it has run for so long. */
        ms: number
      }
    | {
        kind: 'log'
        /**
         * Ready when a line of its output, on either channel, matches this regular expression (RE2); of a line the first 4
         * KiB count.
         */
        match: string
      }
    | {
        kind: 'notify'
        /**
         * It must say that it is alive (`WATCHDOG=1`) at least so often once it is ready; else it counts as unhealthy, and
         * is restarted. It is told so in `WATCHDOG_USEC`.
         */
        watchdogMs?: number | undefined
      }
    | {
        kind: 'fd'
        /** Ready when it writes a newline to this file descriptor, a pipe that it is started with (as s6 has it). */
        fd: number
      }
    | {
        kind: 'tcp'
        /** Where to connect. Default: `"127.0.0.1"`. */
        host?: string | undefined
        /** The port; the probe succeeds when it is connected. */
        port: number
        /** The pause between two probes. Default: `500`. */
        intervalMs?: number | undefined
        /** A probe that takes longer is given up, and has failed; a command is killed with its tree. Default: `5000`. */
        timeoutMs?: number | undefined
      }
    | {
        kind: 'http'
        /** What is asked for, with GET; certificates are not checked, and redirects not followed. */
        url: string
        /** The answers that succeed; absent: 200 to 399. */
        status?: readonly number[] | undefined
        /** A regular expression (RE2) that the first 64 KiB of the body must match. */
        match?: string | undefined
        /** The pause between two probes. Default: `500`. */
        intervalMs?: number | undefined
        /** A probe that takes longer is given up, and has failed; a command is killed with its tree. Default: `5000`. */
        timeoutMs?: number | undefined
      }
    | {
        kind: 'exec'
        /**
         * A program and its arguments, run with the environment, the directory and the umask of the process; it succeeds
         * when it exits with 0.
         */
        command: readonly string[]
        /** The pause between two probes. Default: `500`. */
        intervalMs?: number | undefined
        /** A probe that takes longer is given up, and has failed; a command is killed with its tree. Default: `5000`. */
        timeoutMs?: number | undefined
      }
    | undefined
  /** Commands that are run before each run, in order; one that fails is a failed start. */
  before?: readonly BesideCommandInput[] | undefined
  /** Not ready within this time, the commands before it included: stopped, and a failure. Default: `30000`. */
  timeoutMs?: number | undefined
}

/** Another process that it needs. */
export interface DependencyInput {
  /**
   * What the other must be before this one is started: `started`; `ready`; `healthy`, as its probe says; `exited`, with
   * success. Default: `"ready"`.
   */
  condition?: 'started' | 'ready' | 'healthy' | 'exited' | undefined
  /** True: it is stopped when that is so no more, and started again after. Default: `false`. */
  bindTo?: boolean | undefined
}

/** A step of a stop that types something. */
export interface SendStepInput {
  /** Text that is written to its input, as it is. */
  send: string
  /** How long to wait before the next step. Default: `10000`. */
  waitMs?: number | undefined
}

/** A step of a stop that sends a signal. */
export interface SignalStepInput {
  /** A signal, as `TERM`. */
  signal: string
  /** How long to wait before the next step. Default: `10000`. */
  waitMs?: number | undefined
}

/** A step of a stop that runs a command beside it. */
export interface ExecStepInput {
  /**
   * A program and its arguments, run with the environment of the process, and `MAINPID`; it is killed when the step is
   * over.
   */
  exec: readonly string[]
  /** How long to wait before the next step. Default: `10000`. */
  waitMs?: number | undefined
}

/** How a process is stopped. */
export interface StopRulesInput {
  /**
   * Carried out in order, until nothing of it is left; SIGKILL to all that is left comes after the last. Default:
   * `[{"signal":"TERM"}]`.
   */
  steps?: readonly (SendStepInput | SignalStepInput | ExecStepInput)[] | undefined
  /**
   * Whom the signals of the steps go to. What must be gone is all of the tree, unless this is `process`. Default:
   * `"tree"`.
   */
  scope?: 'tree' | 'group' | 'process' | undefined
  /**
   * Commands that are run in order when a run is gone, before the next begins or the stop is answered; one that fails
   * does not keep the next from being run.
   */
  after?: readonly BesideCommandInput[] | undefined
}

/** A pattern on the output of a process. */
export interface WatchInput {
  /**
   * A regular expression (RE2) that is looked for in each line of its output; of a line the first 4 KiB count. Of a
   * flood, some 1,000 lines a second are looked at, after a burst of 5,000.
   */
  match: string
  /** The lines of this channel only; absent: of either. `stderr` takes a pipe of its own. */
  channel?: 'stdout' | 'stderr' | undefined
  /**
   * What is done at a line that matches: `restart`, which counts as a failure; `ready`: it counts as ready; `report`:
   * an event `matched` tells of the line.
   */
  action: 'restart' | 'ready' | 'report'
}

/** What a process is started from. */
export interface ProcessSpecInput {
  /**
   * The program: a name that is looked up in the PATH that the process will have, or a path, which contains a "/"; a
   * relative path starts at `cwd`, which must then be there.
   */
  command: string
  /** The arguments, without the program itself. Default: `[]`. */
  args?: readonly string[] | undefined
  /** The environment. Default: `{}`. */
  env?: EnvironmentInput | undefined
  /** The working directory; absent: the daemon's own. */
  cwd?: string | undefined
  /** Becomes the id; it must not be in use. */
  name?: string | undefined
  /** For people and for selecting processes; they mean nothing to the daemon. Default: `{}`. */
  labels?: { [key: string]: string } | undefined
  /** `pipe`: clients write to it and end it; `null`: /dev/null; ignored with `terminal`. Default: `"pipe"`. */
  stdin?: 'pipe' | 'null' | undefined
  /**
   * `pipe`: its own pipe, channel 2; `stdout`: the pipe of stdout, as `2>&1` in a shell, so that the order of both is
   * kept and everything is channel 1; ignored with `terminal`. Default: `"pipe"`.
   */
  stderr?: 'pipe' | 'stdout' | undefined
  /**
   * Run it on a terminal (pty) of this size, its controlling terminal: all its output is channel 1, and ending its
   * input is a Ctrl-D; absent: it has pipes.
   */
  terminal?: TerminalSize | undefined
  /** Bytes of output that the daemon keeps for clients that attach or catch up later. Default: `262144`. */
  outputLimit?: number | undefined
  /** Forget the process as soon as it has ended. Default: `false`. */
  autoRemove?: boolean | undefined
  /** Whether it is started again when it has ended; absent: never. */
  restart?: RestartInput | undefined
  /** How it is started; absent: it is ready as soon as it runs. */
  start?: StartRulesInput | undefined
  /** How it is stopped; absent: SIGTERM, and after 10 s SIGKILL, to all of its tree. */
  stop?: StopRulesInput | undefined
  /** What it needs, by name: they are started before it, and stopped after it. */
  dependsOn?: { [key: string]: DependencyInput } | undefined
  /** What RELOAD does; absent: RELOAD is refused. */
  reload?:
    | {
        /** A signal, as `TERM`. */
        signal: string
      }
    | {
        /** Text that is written to its input, as it is. */
        send: string
      }
    | {
        /**
         * A program and its arguments, run with the environment of the process, and `MAINPID`; RELOAD is answered when it
         * has ended.
         */
        exec: readonly string[]
        /** It is killed after this, with its tree, and has failed. Default: `30000`. */
        timeoutMs?: number | undefined
      }
    | undefined
  /** How one knows whether it is healthy; absent: nobody looks. */
  health?:
    | {
        kind: 'tcp'
        /** Where to connect. Default: `"127.0.0.1"`. */
        host?: string | undefined
        /** The port; the probe succeeds when it is connected. */
        port: number
        /** The pause between two probes. Default: `10000`. */
        intervalMs?: number | undefined
        /** A probe that takes longer is given up, and has failed; a command is killed with its tree. Default: `5000`. */
        timeoutMs?: number | undefined
        /** So many failures one after the other make it unhealthy; one success makes it healthy. Default: `3`. */
        failures?: number | undefined
        /** So long after it became ready, failures do not count; a success does. Default: `0`. */
        graceMs?: number | undefined
        /**
         * What is done when it is found unhealthy: `restart`, which counts as a failure, so its policy says whether and
         * when it is started again; `report`: its state tells, and an event. Default: `"restart"`.
         */
        action?: 'restart' | 'report' | undefined
      }
    | {
        kind: 'http'
        /** What is asked for, with GET; certificates are not checked, and redirects not followed. */
        url: string
        /** The answers that succeed; absent: 200 to 399. */
        status?: readonly number[] | undefined
        /** A regular expression (RE2) that the first 64 KiB of the body must match. */
        match?: string | undefined
        /** The pause between two probes. Default: `10000`. */
        intervalMs?: number | undefined
        /** A probe that takes longer is given up, and has failed; a command is killed with its tree. Default: `5000`. */
        timeoutMs?: number | undefined
        /** So many failures one after the other make it unhealthy; one success makes it healthy. Default: `3`. */
        failures?: number | undefined
        /** So long after it became ready, failures do not count; a success does. Default: `0`. */
        graceMs?: number | undefined
        /**
         * What is done when it is found unhealthy: `restart`, which counts as a failure, so its policy says whether and
         * when it is started again; `report`: its state tells, and an event. Default: `"restart"`.
         */
        action?: 'restart' | 'report' | undefined
      }
    | {
        kind: 'exec'
        /**
         * A program and its arguments, run with the environment, the directory and the umask of the process; it succeeds
         * when it exits with 0.
         */
        command: readonly string[]
        /** The pause between two probes. Default: `10000`. */
        intervalMs?: number | undefined
        /** A probe that takes longer is given up, and has failed; a command is killed with its tree. Default: `5000`. */
        timeoutMs?: number | undefined
        /** So many failures one after the other make it unhealthy; one success makes it healthy. Default: `3`. */
        failures?: number | undefined
        /** So long after it became ready, failures do not count; a success does. Default: `0`. */
        graceMs?: number | undefined
        /**
         * What is done when it is found unhealthy: `restart`, which counts as a failure, so its policy says whether and
         * when it is started again; `report`: its state tells, and an event. Default: `"restart"`.
         */
        action?: 'restart' | 'report' | undefined
      }
    | {
        kind: 'silence'
        /** Unhealthy when it has written nothing, on either channel, for so long. */
        ms: number
        /** So long after it became ready, failures do not count; a success does. Default: `0`. */
        graceMs?: number | undefined
        /**
         * What is done when it is found unhealthy: `restart`, which counts as a failure, so its policy says whether and
         * when it is started again; `report`: its state tells, and an event. Default: `"restart"`.
         */
        action?: 'restart' | 'report' | undefined
      }
    | undefined
  /** Lines of its output at which something is done. */
  watch?: readonly WatchInput[] | undefined
  /** A run that has been ready for so long is restarted; that is no failure. */
  maxAgeMs?: number | undefined
  /**
   * Bytes of memory, of the process with all its descendants, above which it is restarted; that is no failure. It is
   * measured every 5 s.
   */
  maxMemory?: number | undefined
  /** Mode bits that files it makes don't get; the daemon's `--umask` if absent. */
  umask?: number | undefined
  /**
   * Its nice value, from -20 (first) to 19 (last); the daemon's own if absent. It is set when the program runs already,
   * and before START is answered.
   */
  nice?: number | undefined
}

/** How to attach. */
export interface AttachOptionsInput {
  /**
   * Where to begin: `start` (the oldest byte that is kept), `now`, an offset, or so many lines back; for a process on a
   * terminal also `screen`: now, with what its screen shows. Default: `"now"`.
   */
  from?:
    | 'start'
    | 'now'
    | 'screen'
    | {
        /** A count of bytes of stdout and stderr together, from the start of the process. */
        offset: number
      }
    | {
        lines: number
      }
    | undefined
  /** Bytes that the daemon may send before the client has ACKed them. Default: `1048576`. */
  window?: number | undefined
  /**
   * True: the process waits for this client, as it would for a pipe; false: it never waits, and a client that falls too
   * far behind gets a GAP. Default: `false`.
   */
  lossless?: boolean | undefined
  /**
   * How long it lasts: `run`: until this run has ended; `rest`: until the process will not run again by itself;
   * `removed`: until the process is forgotten. Default: `"rest"`.
   */
  until?: 'run' | 'rest' | 'removed' | undefined
  /** True: this attachment sends no input; the daemon ABORTs the connection if it does. Default: `false`. */
  readOnly?: boolean | undefined
  /**
   * The size of the terminal that shows the process. A process on a terminal gets the smallest width and the smallest
   * height of all clients that state one and are not read-only; see RESIZE.
   */
  size?: TerminalSize | undefined
  /**
   * With `lossless`: if the connection breaks, keep the place for so many milliseconds; an ATTACH with the same name
   * takes it over.
   */
  keep?:
    | {
        /** The name of the kept place. */
        as: string
        /** How long to keep it. */
        ms: number
      }
    | undefined
}

/** Which processes to list; all conditions must hold. */
export interface ListFilter {
  /** Only processes whose id begins with this. */
  id?: string | undefined
  /** Only the process of this name. */
  name?: string | undefined
  /** Only processes that have all of these labels. Default: `{}`. */
  labels?: { [key: string]: string } | undefined
  /** Only processes in one of these states. */
  states?: readonly StateKind[] | undefined
}

/** The end of a run that has exited by itself. */
export interface ExitedEnd {
  kind: 'exited'
  /** Which run: the first is 1. */
  run: number
  /** Exit code, 0–255. */
  code: number
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
  /** When it began, where that is told. */
  began?: number | undefined
}

/** The end of a run that was ended by a signal. */
export interface KilledEnd {
  kind: 'killed'
  /** Which run: the first is 1. */
  run: number
  /** The signal that ended it, as "SIGKILL". */
  signal: string
  coreDumped: boolean
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
  /** When it began, where that is told. */
  began?: number | undefined
}

/** The end of a run that could not begin. */
export interface NotStartedEnd {
  kind: 'not started'
  /** Which run: the first is 1. */
  run: number
  /** Why it could not be executed. */
  error: string
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
}

/** The state of a process that waits for others, or for a time. */
export interface WaitingState {
  kind: 'waiting'
  /** Milliseconds since 1970-01-01 UTC. */
  since: number
  /** The next time of its schedule; null: it waits for others. */
  until: number | null
  /** The dependencies that are not as they must be. */
  unmet: string[]
}

/** The state of a process that is being started, or is not ready yet. */
export interface StartingState {
  kind: 'starting'
  /** Which run: the first is 1. */
  run: number
  /** Process id; null: its main process has ended, or is not there yet. */
  pid: number | null
  /** Milliseconds since 1970-01-01 UTC. */
  since: number
  /** When it must be ready. */
  readyBy: number
}

/** The state of a process that runs. */
export interface RunningState {
  kind: 'running'
  pid: number
  /** When this run began. */
  since: number
  /** Which run; absent: the first. */
  run?: number | undefined
  /** When it became ready. */
  ready?: number | undefined
  /** `up` or `down`, as its probe says; absent: it has none, or has said nothing. */
  health?: string | undefined
  /** What is wrong with its health, as a sentence; absent: nothing. */
  problem?: string | undefined
  /** What it says of itself. */
  text?: string | undefined
}

/** The state of a process that was told to end, or has ended and left something. */
export interface StoppingState {
  kind: 'stopping'
  /** Process id; null: its main process has ended, or is not there yet. */
  pid: number | null
  /** When this run began. */
  since: number
  /** When the daemon sends SIGKILL; null: it has, or does not. */
  killAt: number | null
  /** Which run; absent: the first. */
  run?: number | undefined
  /** Why it is being stopped, in a few words. */
  why?: string | undefined
}

/** The state of a process that has ended, and is started again after a pause. */
export interface BackoffState {
  kind: 'backoff'
  /** When it is started again. */
  until: number
  /** Failures one after the other. */
  failures: number
  /** How its last run ended; absent: it has had none that ended. */
  last?: RunEnd | undefined
}

/** The state of a process that has exited by itself. */
export interface ExitedState {
  kind: 'exited'
  /** Exit code, 0–255. */
  code: number
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
}

/** The state of a process that was ended by a signal. */
export interface KilledState {
  kind: 'killed'
  /** The signal that ended it, as "SIGKILL". */
  signal: string
  coreDumped: boolean
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
}

/** The state of a process that was given up. */
export interface FailedState {
  kind: 'failed'
  /** A sentence for people. */
  why: string
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
  /** How its last run ended; absent: it has had none that ended. */
  last?: RunEnd | undefined
}

/** The state of a process that is not wanted, and does not run. */
export interface StoppedState {
  kind: 'stopped'
  /** Since when. */
  at: number
  /** How its last run ended; absent: it has had none that ended. */
  last?: RunEnd | undefined
}

/** A process as it is listed. */
export interface ProcessSummary {
  /** For people: the name, or one made from the program, as `ls-k3f9`. */
  id: string
  /** The number of the process; this run of the daemon never uses it again. */
  handle: number
  /** Absent: it was started without one. */
  name?: string | undefined
  /** Program and arguments in one line, cut at 200 characters. */
  command: string
  labels: { [key: string]: string }
  state: ProcessState
  /** When its first run began. */
  startedAt: number
  /** `down`: it is not to run; absent: it is, or has run to its end. */
  wanted?: string | undefined
  /** How many runs it has had so far; absent: one. */
  runs?: number | undefined
  /** The policy that starts it again: `on-failure` or `always`; absent: it has none. */
  restart?: string | undefined
  output: {
    /** The oldest byte that is still kept. */
    start: number
    /** Where the next byte will be. */
    end: number
    /** True: there will be no more. */
    ended: boolean
  }
  /** The number of clients attached at present. */
  attached: number
  /** The size of its terminal at present; absent: it has pipes. */
  terminal?: TerminalSize | undefined
  /** How many of its descendants have outlived it; absent: none. */
  survivors?: number | undefined
}

/** A client that is attached to a process. */
export interface AttachedClient {
  /** Process id of the client; null: unknown. */
  peerPid: number | null
  /** What the client said in HELLO. */
  software: string
  /** The process waits for this client. */
  lossless: boolean
  /** It sends no input. */
  readOnly: boolean
  /** The size of the terminal that the client shows it on. */
  size?: TerminalSize | undefined
  /** Everything below this offset has been sent to the client. */
  sent: number
  /** The client has consumed everything below this offset. */
  acked: number
}

/** A process as it is shown. */
export interface ProcessDetail {
  /** For people: the name, or one made from the program, as `ls-k3f9`. */
  id: string
  /** The number of the process; this run of the daemon never uses it again. */
  handle: number
  /** Absent: it was started without one. */
  name?: string | undefined
  /** Program and arguments in one line, cut at 200 characters. */
  command: string
  labels: { [key: string]: string }
  state: ProcessState
  /** When its first run began. */
  startedAt: number
  /** `down`: it is not to run; absent: it is, or has run to its end. */
  wanted?: string | undefined
  /** How many runs it has had so far; absent: one. */
  runs?: number | undefined
  /** The policy that starts it again: `on-failure` or `always`; absent: it has none. */
  restart?: string | undefined
  output: {
    /** The oldest byte that is still kept. */
    start: number
    /** Where the next byte will be. */
    end: number
    /** True: there will be no more. */
    ended: boolean
  }
  /** The number of clients attached at present. */
  attached: number
  /** The size of its terminal at present; absent: it has pipes. */
  terminal?: TerminalSize | undefined
  /** How many of its descendants have outlived it; absent: none. */
  survivors?: number | undefined
  /** The file that was executed. */
  path: string
  /** The arguments, without the program itself. */
  args: string[]
  /** The directory that it was started in. */
  cwd: string
  /** Its environment; null unless the client asked for it, since it may hold secrets. */
  env: { [key: string]: string } | null
  /** `pipe` or `null`, as in the spec. */
  stdin: string
  /** `pipe` or `stdout`, as in the spec. */
  stderr: string
  input: {
    /** Whether it takes input. */
    open: boolean
    /** Bytes that it, or its pipe, has taken. */
    taken: number
    /** Bytes that wait until its pipe has room. */
    queued: number
  }
  /** Bytes of output that the daemon keeps. */
  outputLimit: number
  /** Whether it is forgotten as soon as it has ended. */
  autoRemove: boolean
  /** True: it is waiting for a lossless client to read. */
  held: boolean
  /** Its descendants that have outlived it; absent: none. */
  left?:
    | {
        pid: number
        /** Its program, at most 15 characters. */
        name: string
        /** As ps shows it: `S`, `R`, `D` (waits in the kernel), `T` (stopped) …. */
        state: string
        /** Its user. */
        uid: number
      }[]
    | undefined
  /** What it needs; absent: nothing. */
  dependsOn?:
    | {
        /** Its name, which is its id. */
        name: string
        /** `started`, `ready`, `healthy` or `exited`, as in the spec. */
        condition: string
        /** True: it is stopped when that is so no more. */
        bindTo: boolean
        /** Whether that is so now. */
        met: boolean
      }[]
    | undefined
  /** The ids of those that need it, the first 1,000 of them; absent: none does. */
  dependents?: string[] | undefined
  /** Where it was applied from, as the path of a file; absent: it was not. */
  source?: string | undefined
  /** Whether it is started with the daemon, if it is to run; absent: the daemon keeps nothing of it on disk. */
  enabled?: boolean | undefined
  /** How its last runs ended, the newest last; absent: none has ended. */
  runsKept?: RunEnd[] | undefined
  /**
   * Lines of its newest run that `watch` did not look at, or did not report, because they came too fast; absent: none.
   */
  linesPassedOver?: number | undefined
  /** The attached clients; the first 1,000 of them. */
  clients: AttachedClient[]
}

/** What was granted to an attachment. */
export interface StreamInfo {
  /** An attachment of this connection, as ATTACHED has named it. */
  attachment: number
  /** Where the stream begins. */
  from: number
  /** Bytes that the daemon may send before the client has ACKed them. */
  window: number
  /** Bytes of input that the client may send before the daemon has ACKed them (262144). */
  inputWindow: number
  /** False: the process takes no input, or this attachment is `readOnly`. */
  inputOpen: boolean
  /**
   * With `from: screen`: the bytes that make a freshly reset terminal show the process's screen, as it was at `from`,
   * in the same modes.
   */
  screen?: string | undefined
}

/** An event: a process was started. */
export interface StartedEvent {
  kind: 'started'
  /** The number of the event, counted from 1 since the daemon started. */
  seq: number
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
  /** The id of the process. */
  id: string
  /** The number of the process; this run of the daemon never uses it again. */
  handle: number
  /** Its name, if it has one. */
  name?: string | undefined
  /** Its labels. */
  labels: { [key: string]: string }
  state: ProcessState
}

/** An event: a process was told to end. */
export interface StoppingEvent {
  kind: 'stopping'
  /** The number of the event, counted from 1 since the daemon started. */
  seq: number
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
  /** The id of the process. */
  id: string
  /** The number of the process; this run of the daemon never uses it again. */
  handle: number
  /** Its name, if it has one. */
  name?: string | undefined
  /** Its labels. */
  labels: { [key: string]: string }
  state: ProcessState
}

/** An event: a process has ended, and will not run again by itself. */
export interface EndedEvent {
  kind: 'ended'
  /** The number of the event, counted from 1 since the daemon started. */
  seq: number
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
  /** The id of the process. */
  id: string
  /** The number of the process; this run of the daemon never uses it again. */
  handle: number
  /** Its name, if it has one. */
  name?: string | undefined
  /** Its labels. */
  labels: { [key: string]: string }
  state: ProcessState
}

/** An event: the state or the health of a process has changed. */
export interface ChangedEvent {
  kind: 'changed'
  /** The number of the event, counted from 1 since the daemon started. */
  seq: number
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
  /** The id of the process. */
  id: string
  /** The number of the process; this run of the daemon never uses it again. */
  handle: number
  /** Its name, if it has one. */
  name?: string | undefined
  /** Its labels. */
  labels: { [key: string]: string }
  state: ProcessState
}

/** An event: a line of the output of a process matched a pattern of its spec. */
export interface MatchedEvent {
  kind: 'matched'
  /** The number of the event, counted from 1 since the daemon started. */
  seq: number
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
  /** The id of the process. */
  id: string
  /** The number of the process; this run of the daemon never uses it again. */
  handle: number
  /** Its name, if it has one. */
  name?: string | undefined
  /** Its labels. */
  labels: { [key: string]: string }
  state: ProcessState
  /** The pattern of its spec (`watch`). */
  match: string
  /** The line of its output that matched, cut at 500 characters. */
  line: string
}

/** An event: the daemon has forgotten a process. */
export interface RemovedEvent {
  kind: 'removed'
  /** The number of the event, counted from 1 since the daemon started. */
  seq: number
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
  /** The id of the process. */
  id: string
  /** The number of the process; this run of the daemon never uses it again. */
  handle: number
  /** Its name, if it has one. */
  name?: string | undefined
  /** Its labels. */
  labels: { [key: string]: string }
  state: ProcessState
}

/** An event: some events are missing here. */
export interface EventGap {
  kind: 'gap'
  /** The first event that is missing. */
  from: number
  /** The last event that is missing; 0: unknown, because the daemon was restarted. */
  to: number
}

/** What a daemon says of itself when a client connects. */
export interface DaemonHello {
  /** The version that both sides speak from here on: the newest that both know. */
  version: number
  /** Name and version of the daemon, for people. */
  software: string
  /** Identifies this run of the daemon; it is different after a restart. */
  instance: string
  /** What this daemon accepts at most. */
  limits: {
    /** Payload bytes in one DATA. */
    dataMax: number
    /** Bytes in one packet. */
    packetMax: number
    /** Bytes in one message, put together from PARTs. */
    messageMax: number
    /** Bytes of input that an attachment may have sent without an ACK. */
    inputWindow: number
    /** The largest output window that ATTACH may ask for, in bytes. */
    windowMax: number
  }
  /** What this client may do; `admin` may do everything. */
  roles: string[]
  /** What this daemon can do beyond this version of the protocol. */
  features: string[]
}

/** What a daemon says of itself when asked. */
export interface DaemonInfo {
  /** Identifies this run of the daemon; it is different after a restart. */
  instance: string
  /** Process id of the daemon. */
  pid: number
  /** Its name and version. */
  software: string
  /** The version of Node.js that it runs on. */
  node: string
  /** The path of its socket. */
  address: string
  /** Milliseconds since 1970-01-01 UTC. */
  startedAt: number
  /** How many processes it has. */
  processes: {
    running: number
    ended: number
  }
  /** Clients connected at present. */
  connections: number
  /** Attachments of all clients at present. */
  attachments: number
  /** Processes that it has started so far. */
  started: number
  /** Processes that it did not start, but reaped, because their parent had ended before them. */
  orphansReaped: number
  /** Bytes of output that it has read so far. */
  outputBytes: number
  /** Its memory, in bytes. */
  memory: {
    rss: number
    heapUsed: number
    external: number
  }
  /** What it keeps in memory, and how much it would keep at most, which follows from the memory that there is. */
  kept?:
    | {
        /** Arguments, variables and labels of all processes; a START beyond it is refused. */
        specs: {
          /** At present. */
          bytes: number
          /** At most. */
          limit: number
        }
        /** Output of all processes; beyond it ended ones are forgotten, then the oldest bytes. */
        output: {
          /** At present. */
          bytes: number
          /** At most. */
          limit: number
        }
        /** Screens of terminals; one beyond it is not kept. */
        screens: {
          /** At present. */
          bytes: number
          /** At most. */
          limit: number
        }
        /** Input that waits for processes; whoever sends more is disconnected. */
        input: {
          /** At present. */
          bytes: number
          /** At most. */
          limit: number
        }
        /** What waits for clients that do not read; beyond it those that wait for most go. */
        answers: {
          /** At present. */
          bytes: number
          /** At most. */
          limit: number
        }
        /** Requests that are answered later, such as WAIT; one beyond it is refused. */
        waiting: {
          /** At present. */
          bytes: number
          /** At most. */
          limit: number
        }
        /** Events for those who ask what has happened; beyond it the oldest go. */
        events: {
          /** At present. */
          bytes: number
          /** At most. */
          limit: number
        }
      }
    | undefined
  /** Its open file descriptors. */
  openFiles: number
  limits: {
    /** Ended processes that it keeps. */
    retainCount: number
    /** How long it keeps them. */
    retainMs: number
    /** Processes that may run at once. */
    maxProcesses: number
    /** Clients that may be connected at once. */
    maxConnections: number
  }
  /** What the daemon gives to processes. */
  children?:
    | {
        /** Of processes whose spec states none. */
        umask: number
        /** Their soft limit of open files; null: the daemon's own. */
        softFiles: number | null
        /** Of processes whose spec states none. */
        nice: number
      }
    | undefined
}

/** What a process uses, with all its descendants. */
export interface ProcessUsage {
  /** The number of the process; this run of the daemon never uses it again. */
  handle: number
  /** Processor time since the start, including descendants that have been waited for. */
  cpuMs: number
  /** Bytes of resident memory; a page that several share is counted once for each. */
  memory: number
  /** The number of processes: the process and its descendants. */
  processes: number
}

/** What processes use. */
export interface UsageReport {
  /** When it was measured. */
  at: number
  /** How many processors the daemon may use. */
  processors: number
  processes: ProcessUsage[]
}

/** What became of the processes of a daemon that was shut down. */
export interface ShutdownReport {
  /** Processes that ended after SIGTERM. */
  ended: number
  /** Processes that needed SIGKILL. */
  killed: number
  /** Processes that still run, or of which something does. */
  left: number
  /** What could not be ended, one by one, at most 100. */
  survivors?:
    | {
        /** The process that it belongs to. */
        id: string
        pid: number
        /** Its program, at most 15 characters. */
        name: string
        /** As ps shows it: `S`, `R`, `D` (waits in the kernel), `T` (stopped) …. */
        state: string
        /** Its user. */
        uid: number
      }[]
    | undefined
}

/** How a run ended, in a word that only a newer daemon knows. */
export interface UnknownEnd {
  kind: 'unknown'
  /** What the daemon calls it. */
  word: string
  /** Which run: the first is 1. */
  run: number
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
  /** What else the daemon says of it. */
  facts: { [key: string]: unknown }
}

/** How a run ended. */
export type RunEnd = ExitedEnd | KilledEnd | NotStartedEnd | UnknownEnd

/** A state that only a newer daemon knows. The process may run, or not: do not guess. */
export interface UnknownState {
  kind: 'unknown'
  /** What the daemon calls it. */
  word: string
  /** What else the daemon says of it. */
  facts: { [key: string]: unknown }
}

/** The state of a process. */
export type ProcessState =
  | WaitingState
  | StartingState
  | RunningState
  | StoppingState
  | BackoffState
  | ExitedState
  | KilledState
  | FailedState
  | StoppedState
  | UnknownState

/** A word for a state that this version knows. */
export type StateKind = Exclude<ProcessState['kind'], 'unknown'>

/** An event of a kind that only a newer daemon has. */
export interface UnknownEvent {
  kind: 'unknown'
  /** What the daemon calls it. */
  word: string
  /** The number of the event, counted from 1 since the daemon started. */
  seq: number
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
  /** What else the daemon says of it. */
  facts: { [key: string]: unknown }
}

/** Something that happened to a process, or a gap. */
export type ProcessEvent =
  | StartedEvent
  | StoppingEvent
  | EndedEvent
  | ChangedEvent
  | MatchedEvent
  | RemovedEvent
  | EventGap
  | UnknownEvent
