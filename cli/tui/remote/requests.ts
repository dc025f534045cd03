// The deeds that a user asks for, as requests to the daemon: signals, removals, starts, input. What comes of them is told.

import { lastLines } from '../../text/last-lines.ts'
import { shortSignal } from '../../text/process-text.ts'
import { stateSentence } from '../../text/state-sentence.ts'
import { editorOf } from '../keyboard/line-editor.ts'
import type { Client, ProcessSpecInput } from '../protocol-types.ts'
import type { Action, Effect, LifeVerb, StartOrder } from '../store/actions.ts'
import type { Handle, UiState } from '../store/state.ts'
import { joinWords } from '../store/words.ts'
import { isError } from './console-session.ts'
import type { Consoles } from './consoles.ts'
import { declarationsOf, declaring } from './declarations.ts'

export interface RequestOptions {
  readonly dispatch: (action: Action) => void
  readonly state: () => UiState
  readonly consoles: Consoles
  /** What was listed may be outdated. */
  readonly changed: () => void
}

type Deed = Extract<
  Effect,
  {
    type:
      | 'write'
      | 'write key'
      | 'write paste'
      | 'end input'
      | 'signal'
      | 'life'
      | 'ask declared'
      | 'remove'
      | 'start'
      | 'fill form'
  }
>

const underWay: Readonly<Record<LifeVerb, string>> = {
  up: 'starting',
  stop: 'stopping',
  restart: 'restarting',
  reload: 'reloading',
}

/** The newest output of the process that did not come up. */
function outputOf(error: object): string[] {
  const detail = 'detail' in error && typeof error.detail === 'object' ? error.detail : undefined
  const output = detail !== null && detail !== undefined && 'output' in detail ? detail.output : undefined
  return typeof output === 'string' ? lastLines(output) : []
}

export class Requests {
  readonly #options: RequestOptions
  client: Client | undefined

  constructor(options: RequestOptions) {
    this.#options = options
  }

  /** Carries it out; never fails, but tells. */
  async carryOut(deed: Deed): Promise<void> {
    const { dispatch } = this.#options
    try {
      await this.#do(deed)
    } catch (error) {
      if (!isError(error)) throw error
      if (deed.type === 'start') dispatch({ type: 'start failed', problem: error.message })
      else dispatch({ type: 'told', tone: 'bad', text: error.message, lines: outputOf(error) })
      if (deed.type === 'write' && error.code === 'INPUT_CLOSED')
        dispatch({ type: 'line refused', handle: deed.handle, text: deed.text })
    }
  }

  async #do(deed: Deed): Promise<void> {
    const { consoles, dispatch, changed } = this.#options
    switch (deed.type) {
      case 'write':
        return await consoles.write(deed.handle, deed.text)
      case 'write key':
        return await consoles.writeKey(deed.handle, deed.key, deed.raw)
      case 'write paste':
        return await consoles.writePaste(deed.handle, deed.text)
      case 'end input':
        return await consoles.endInput(deed.handle)
      case 'signal': {
        const signal = await this.#reach().kill(deed.handle, deed.signal)
        return dispatch({
          type: 'told',
          tone: 'good',
          text: `sent ${shortSignal(signal)} to ${this.#nameOf(deed.handle)}`,
        })
      }
      case 'life':
        return await this.#carryOutLife(deed.handle, deed.verb)
      case 'ask declared': {
        const handles = declaring(this.#options.state().processes.values())
        return dispatch({ type: 'declared', declared: await declarationsOf(this.#reach(), handles) })
      }
      case 'remove': {
        const { id } = await this.#reach().remove(deed.handle, { force: deed.force })
        dispatch({ type: 'told', tone: 'good', text: deed.force ? `killed and removed ${id}` : `removed ${id}` })
        return changed()
      }
      case 'start':
        return await this.#start(deed.order)
      case 'fill form':
        return await this.#fillForm(deed.handle)
    }
  }

  async #carryOutLife(handle: Handle, verb: LifeVerb): Promise<void> {
    const { dispatch, changed } = this.#options
    dispatch({ type: 'told', tone: 'plain', text: `${underWay[verb]} ${this.#nameOf(handle)}…` })
    const { id, state } = await this.#reach()[verb](handle)
    const words = verb === 'reload' ? 'has been told to reload' : stateSentence(state, Date.now())
    dispatch({ type: 'told', tone: 'good', text: `${id} ${words}` })
    changed()
  }

  #reach(): Client {
    if (this.client !== undefined) return this.client
    throw Object.assign(new Error('there is no connection to the daemon; try again when it is back'), {
      code: 'DISCONNECTED',
    })
  }

  #nameOf = (handle: Handle): string => this.#options.state().processes.get(handle)?.id ?? 'the process'

  async #start(order: StartOrder): Promise<void> {
    const client = this.#reach()
    const { words, name, labels, directory, terminal, again } = order
    const [command = '', ...args] = words
    const former = again === undefined ? undefined : await client.show(again, { env: true })
    const spec: ProcessSpecInput = {
      command,
      args,
      labels: { ...labels },
      env: former?.env ? { inherit: false, set: former.env } : { inherit: true, set: this.#terminalVariables(order) },
      ...(name === undefined ? {} : { name }),
      ...(directory === undefined ? {} : { cwd: directory }),
      ...(terminal === undefined ? {} : { terminal }),
    }
    // Its own name is taken by what it runs again; nobody else's may be.
    const started = await client.start(spec, { replace: former !== undefined && former.name === name })
    this.#options.dispatch({ type: 'started', process: started })
    this.#options.changed()
  }

  #terminalVariables({ terminal }: StartOrder): Record<string, string> {
    if (terminal === undefined) return {}
    // What draws it is an emulator that knows what xterm knows, whatever terminal the UI is on.
    return { TERM: 'xterm-256color', COLORTERM: 'truecolor' }
  }

  /** Fills the form with what the process was started with. */
  async #fillForm(handle: Handle): Promise<void> {
    const { path, args, cwd, name, labels } = await this.#reach().show(handle)
    this.#options.dispatch({
      type: 'form filled',
      form: {
        command: editorOf(joinWords([path, ...args])),
        name: editorOf(name ?? ''),
        labels: editorOf(joinWords(Object.entries(labels).map(([key, value]) => `${key}=${value}`))),
        directory: editorOf(cwd),
      },
    })
  }
}
