export { openNpy, openNpz } from './open.ts';
