// What words mean to ndctl: verbs, options, values, and the refusals of those that mean nothing.

import { deepEqual, equal, rejects, throws } from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  parseCount,
  parseDurationMs,
  parsePairs,
  parseSize,
  parseVariables,
} from '../../../../cli/command-line/argument-values.ts'
import type { Command } from '../../../../cli/command-line/command.ts'
import { parse } from '../../../../cli/command-line/parse.ts'
import { readSignal } from '../../../../cli/signals/signal-names.ts'
import { findVerb, verbs } from '../../../../cli/verbs.ts'
import { editDistance, nearest } from '../../../../proto/nearest-word.ts'

async function commandOf(name: string): Promise<Command> {
  const verb = verbs.get(name)
  if (verb === undefined) throw new Error(`no verb ${name}`)
  return (await verb.load()).default
}

/** Options that were given, and operands. */
async function parsed(name: string, ...words: string[]) {
  const result = await parse(await commandOf(name), words)
  if (result.kind !== 'run') return result.kind
  const given = Object.entries(result.given.options).filter(([, value]) => value !== undefined)
  return [Object.fromEntries(given), result.given.operands]
}

describe('start', () => {
  it('leaves everything after COMMAND to the command', async () => {
    deepEqual(await parsed('start', 'ls', '-l', '/'), [{}, ['ls', '-l', '/']])
    deepEqual(await parsed('start', '-d', '--name', 'web', 'python3', '-m', 'http.server', '0'), [
      { detach: true, name: 'web' },
      ['python3', '-m', 'http.server', '0'],
    ])
    deepEqual(await parsed('start', 'env', '--', '-d', '--help'), [{}, ['env', '--', '-d', '--help']])
  })

  it('takes no operand for the value of a flag', async () => {
    deepEqual(await parsed('start', '-d', 'true'), [{ detach: true }, ['true']])
    deepEqual(await parsed('start', '--rm', 'false', 'true'), [{ rm: true }, ['false', 'true']])
    deepEqual(await parsed('rm', '-f', 'true'), [{ force: true }, ['true']])
    deepEqual(await parsed('start', '--rm=false', '-d', 'x'), [{ rm: false, detach: true }, ['x']])
  })

  it('needs yargs, which takes long to load, only for words that are not plain', async (t) => {
    const defined = t.mock.method(Object, 'defineProperty')
    // process.stdout is hidden while yargs is loaded.
    const loads = () => defined.mock.calls.filter((call) => call.arguments[0] === process).length > 0
    await parsed('start', '-d', '--rm', '--name', 'web', '-e', 'A=1', './server', '-p', '80')
    await parsed('list', '-q', '--state', 'ended')
    equal(loads(), false)
    await parsed('list', '--state=ended')
    equal(loads(), true)
  })

  it('takes -- before COMMAND', async () => {
    deepEqual(await parsed('start', '-d', '--', '-x', '-d'), [{ detach: true }, ['-x', '-d']])
  })

  it('keeps words as they are: numbers, emptiness, dots', async () => {
    deepEqual(await parsed('start', '-l', 'a.b=1.0', '--name', '007', 'x', '', '0x10', '1e3'), [
      { label: ['a.b=1.0'], name: '007' },
      ['x', '', '0x10', '1e3'],
    ])
  })

  it('keeps the quotes that a word has, which are not the shell’s', async () => {
    for (const value of ["''", '"a"', `"'x'"`, "'", `'"`]) {
      for (const words of [['--cwd', value], [`--cwd=${value}`], [`-C${value}`], ['-qC', value]]) {
        const [options] = await parsed('start', ...words, '--', 'ls')
        equal(typeof options === 'object' && 'cwd' in options && options.cwd, value, words.join(' '))
      }
    }
  })

  it('collects what may be repeated, and takes the last of the rest', async () => {
    deepEqual(await parsed('start', '-e', 'A=1', '--env', 'B=2', '--name=a', '--name=b', 'x'), [
      { env: ['A=1', 'B=2'], name: 'b' },
      ['x'],
    ])
  })

  it('takes a value written right after its letter, and letters in a row', async () => {
    deepEqual(await parsed('start', '-eA=1', '-dqC/tmp', 'x'), [
      { env: ['A=1'], detach: true, quiet: true, cwd: '/tmp' },
      ['x'],
    ])
  })
})

describe('other commands', () => {
  it('take options anywhere', async () => {
    deepEqual(await parsed('attach', 'web', '-n', '3'), [{ lines: '3' }, ['web']])
    deepEqual(await parsed('send', 'mc', 'say', '--eof', 'hi', '--', '--eof'), [
      { eof: true },
      ['mc', 'say', 'hi', '--eof'],
    ])
  })

  it('kill takes signals as kill(1) does', async () => {
    for (const words of [
      ['-9', 'web'],
      ['web', '-9'],
    ])
      deepEqual(await parsed('kill', ...words), [{ signal: '9' }, ['web']])
    deepEqual(await parsed('kill', '-HUP', 'web'), [{ signal: 'HUP' }, ['web']])
    deepEqual(await parsed('kill', '-hup', 'web'), [{ signal: 'hup' }, ['web']])
    deepEqual(await parsed('kill', '-S./sock', 'web'), [{ socket: './sock' }, ['web']])
    deepEqual(await parsed('kill', 'web', 'db'), [{}, ['web', 'db']])
  })

  it('show help and version when asked', async () => {
    equal(await parsed('list', '--help'), 'help')
    equal(await parsed('start', '-h'), 'help')
    equal(await parsed('list', '--version'), 'version')
  })
})

describe('a refusal', () => {
  const refused = async (message: string, name: string, ...words: string[]) =>
    rejects(parsed(name, ...words), { name: 'CliError', message })

  it('names the option, and the one that was meant', async () => {
    await refused('"ndctl list" has no option --labl; did you mean --label?', 'list', '--labl', 'a=b')
    await refused('"ndctl list" has no option -x', 'list', '-x')
    await refused('"ndctl list" has no option --no-json', 'list', '--no-json')
  })

  it('names the choice that was meant, or all there are', async () => {
    await refused('--state has no value "runing"; did you mean running?', 'list', '--state', 'ended,runing')
    await refused(
      '--state must be one of waiting, starting, running, stopping, backoff, exited, killed, failed, stopped, ended, not "blue"',
      'list',
      '--state',
      'running',
      '--state=blue',
    )
  })

  it('names the signal that was meant, and leaves the rest to the daemon', () => {
    throws(() => readSignal('trem'), { message: 'there is no signal "trem"; did you mean TERM?' })
    throws(() => readSignal('SIGHPU'), { message: 'there is no signal "SIGHPU"; did you mean HUP?' })
    const taken = ['TERM', 'sigterm', '9', 'RTMIN+3', 'CLD', 'abracadabra'].map(readSignal)
    deepEqual(taken, ['TERM', 'sigterm', 9, 'RTMIN+3', 'CLD', 'abracadabra'])
  })

  it('tells of a value that is missing', async () => {
    await refused('--name needs a value', 'start', '--name', '-d', 'x')
    await refused('--lines needs a value', 'attach', 'x', '-n')
    await refused('--name needs a value', 'start', '--name=', 'x')
  })

  it('tells of a switch that was given a value: --json=1 printed a table', async () => {
    await refused('--json takes no value, and got "1"; write just --json', 'list', '--json=1')
    await refused('--detach takes no value, and got ""; write just --detach', 'start', '--detach=', 'x')
    deepEqual(await parsed('list', '--json=true'), [{ json: true }, []])
  })

  it('tells of words too few or too many', async () => {
    await refused('missing COMMAND; usage: ndctl start [--] COMMAND [ARG…]', 'start', '-d')
    await refused('unexpected argument "b"; usage: ndctl list [PREFIX]', 'list', 'a', 'b')
  })
})

describe('verbs', () => {
  it('have aliases, groups and suggestions', () => {
    const found = (first: string, second?: string) => {
      const result = findVerb(first, second)
      if (result.kind === 'elsewhere') return result.instead
      return result.kind === 'unknown' ? nearest(result.word, result.known) : result.name
    }
    equal(found('ls'), 'list')
    equal(found('lst'), 'list')
    equal(found('attahc'), 'attach')
    equal(found('daemon', 'stop'), 'daemon stop')
    equal(found('daemon', '--help'), 'daemon')
    equal(found('daemon', 'sotp'), 'daemon stop')
    equal(found('deamon', 'stop'), 'daemon')
    equal(found('daemon', 'stat'), 'daemon status')
    equal(found('frobnicate'), undefined)
  })

  it('a swap of neighbours is one mistake', () => equal(editDistance('attahc', 'attach'), 1))
})

describe('values', () => {
  it('sizes', () => {
    deepEqual(
      ['0', '65536', '64k', '1M', '1.5GiB', '2kb'].map((word) => parseSize('-x', word)),
      [...[0, 65536, 65536, 1024 ** 2, 1.5 * 1024 ** 3, 2048]],
    )
    throws(() => parseSize('--output-limit', '1T'), /--output-limit takes a size .* not "1T"/)
  })

  it('durations', () => {
    deepEqual(
      ['10', '1.5s', '200ms', '5m', '2h', '1d'].map((word) => parseDurationMs('-x', word)),
      [...[10_000, 1500, 200, 300_000, 7_200_000, 86_400_000]],
    )
    throws(() => parseDurationMs('--timeout', '-1'), /--timeout takes a duration/)
    // It was told in milliseconds.
    throws(() => parseDurationMs('--timeout', '8d'), /^CliError: --timeout must be at most 7d, not 8d$/)
  })

  it('counts', () => {
    equal(parseCount('-n', '10', 10), 10)
    throws(() => parseCount('-n', '11', 10), /up to 10/)
    throws(() => parseCount('-n', '1.5'), /whole number/)
  })

  it('pairs keep everything after the first sign', () => {
    deepEqual(parsePairs('-l', ['a=b=c', 'd=']), { a: 'b=c', d: '' })
    throws(() => parsePairs('-l', ['=x']), /KEY=VALUE/)
  })

  it("variables without a value are the caller's", () => {
    deepEqual(parseVariables('-e', ['A', 'B=2'], { A: '1' }), { A: '1', B: '2' })
    throws(() => parseVariables('-e', ['C'], {}), /not set in your shell/)
  })
})
