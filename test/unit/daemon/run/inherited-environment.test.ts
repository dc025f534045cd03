import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inheritedEnvironment } from '../../../../daemon/run/inherited-environment.ts'

const warn = () => assert.fail('nothing is left out with a warning')

const own = { HOME: '/root', LANG: 'C', EDITOR: 'ed', 'a.b': 'c' }

describe('processes inherit of the daemon’s environment', () => {
  test('nothing of its starter’s terminal and directory', () => {
    const of = { COLUMNS: '7', LINES: '3', PWD: '/there', OLDPWD: '/before', _: '/usr/bin/netdaemon', GONE: undefined }
    assert.deepEqual(inheritedEnvironment({ ...own, ...of }, warn), own)
  })

  test('nothing that npm adds for the program it runs', () => {
    const environment = inheritedEnvironment(
      {
        ...own,
        npm_execpath: '/usr/lib/node_modules/npm/bin/npm-cli.js',
        npm_node_execpath: '/usr/bin/node',
        npm_config_yes: '',
        npm_lifecycle_event: 'npx',
        INIT_CWD: '/srv',
        NODE: '/usr/bin/node',
        COLOR: '0',
        PATH: [
          '/srv/app/node_modules/.bin',
          '/node_modules/.bin',
          '/root/.npm/_npx/85a1/node_modules/.bin',
          '/usr/lib/node_modules/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin',
          './node_modules/.bin',
          '/usr/local/bin',
          '/bin',
        ].join(':'),
      },
      warn,
    )
    assert.deepEqual(environment, { ...own, PATH: './node_modules/.bin:/usr/local/bin:/bin' })
  })

  test('what looks like npm’s, where npm has no part in it', () => {
    const mine = { ...own, NODE: 'here', COLOR: '1', npm_config_registry: 'mine', PATH: '/srv/node_modules/.bin:/bin' }
    assert.deepEqual(inheritedEnvironment(mine, warn), mine)
  })

  test('a NODE that is not npm’s, and no PATH if npm’s directories are all of it', () => {
    const npm = { npm_execpath: 'npm', npm_node_execpath: '/usr/bin/node', PATH: '/srv/node_modules/.bin' }
    assert.deepEqual(inheritedEnvironment({ ...npm, NODE: 'production' }, warn), { NODE: 'production' })
  })
})
