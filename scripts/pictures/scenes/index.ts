// All pictures of the documents.

import type { Scene } from '../scene.ts'
import { guideScenes } from './guide.ts'
import { uiScenes } from './ui.ts'

export const scenes: readonly Scene[] = [...guideScenes, ...uiScenes]
