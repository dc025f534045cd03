// All pictures of the documents.

import type { Scene } from '../scene.ts'
import { guideScenes } from './guide.ts'

export const scenes: readonly Scene[] = [...guideScenes]
