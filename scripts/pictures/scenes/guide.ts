// The pictures of docs/guide.md.

import { enter, type Scene } from '../scene.ts'

export const guideScenes: readonly Scene[] = [
  {
    file: 'docs/screens/first-steps.svg',
    title: 'a shell',
    description: 'A shell in which a program is started under netdaemon, listed, and read from',
    columns: 90,
    rows: 14,
    async play(session) {
      await enter(
        session,
        'ndctl start -d --name ticker -- sh -c \'n=0; while sleep 0.2; do n=$((n+1)); echo "tick $n"; done\'',
      )
      await enter(session, 'ndctl wait ticker --timeout 1')
      await enter(session, 'ndctl list')
    },
  },
]
