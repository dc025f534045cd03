import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { drawScreen } from '../../../scripts/pictures/draw.ts'
import { screenOf, textOf } from '../../../scripts/pictures/screen.ts'
import { stable } from '../../../scripts/pictures/stable.ts'
import { TerminalSession } from '../../../scripts/pictures/terminal-session.ts'
import { needs } from '../../support/programs.ts'

const size = { columns: 20, rows: 3 }
const draw = async (bytes: string) => drawScreen(await screenOf(bytes, size), { title: 'demo' })

describe('a picture of a terminal', () => {
  it('puts every word at its column, as wide as its letters', async () => {
    const picture = await draw('one  two\r\n\x1b[1mthree\x1b[0m')
    assert.match(picture, /<text x="12" y="49.5" textLength="25.2"[^>]*>one</)
    assert.match(picture, /<text x="54" y="49.5" textLength="25.2"[^>]*>two</)
    assert.match(picture, /<text x="12" y="67.5" textLength="42"[^>]*class="b"[^>]*>three</)
  })

  it('parts words where the colour changes', async () => {
    const picture = await draw('\x1b[31mre\x1b[32mgr\x1b[0m')
    const words = [...picture.matchAll(/fill="(#\w+)">(\w\w)</g)].map(([, colour, text]) => `${text} ${colour}`)
    assert.deepEqual(words, ['re #ff7b72', 'gr #56d364'])
  })

  it('swaps the colours of inverse text, and draws its blanks', async () => {
    const picture = await draw('\x1b[7m a \x1b[0m')
    assert.match(picture, /<rect x="12" y="36" width="25.2" height="18" fill="#e6edf3"\/>/)
    assert.match(picture, /fill="#0d1117">a</)
  })

  it('draws lines and blocks as shapes, and never as letters of a font', async () => {
    const picture = await draw('┌─┐╭╯║█▄▌░⣿')
    assert.doesNotMatch(picture, /[┌─┐╭╯║█▄▌░⣿]/)
    assert.match(picture, /<path d="M16.2 45L20.4 45M16.2 45L16.2 54".*<circle cx="98.1"/s)
  })

  it('escapes what XML would read as its own', async () => {
    assert.match(await draw('<a>&"b"'), />&lt;a&gt;&amp;&quot;b&quot;</)
  })

  it('gives a wide letter two columns', async () => {
    const picture = await draw('日a')
    assert.match(picture, /textLength="16.8"[^>]*>日</)
    assert.match(picture, /<text x="28.8"[^>]*>a</)
  })

  it('shows something stable in place of what varies, in as many columns', async () => {
    const screen = stable(await screenOf('pid 48151 runs', size), [[/(?<=pid )\d+/, '12345678']])
    assert.equal(screen.lines.map(textOf)[0], 'pid 12345 runs')
  })

  it('is taken of a program that really runs, after the keys it was sent', needs('tmux'), async () => {
    await using session = new TerminalSession({
      ...size,
      command: ['sh', '-c', 'read a; printf "\\033[32mgot %s" "$a"; cat'],
    })
    session.type('it')
    session.press('Enter')
    await session.shows('got it')
    const screen = await session.screen()
    assert.deepEqual(screen.lines.map(textOf).slice(0, 2), ['it', 'got it'])
    assert.equal(screen.lines[1]?.[0]?.style.foreground, 2)
  })
})
